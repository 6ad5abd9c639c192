package render_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// mark is in every secret, and in nothing else.
const mark = "c4n4ry"

// markedValues knows every secret, and every environment variable whose name is short.
type markedValues struct{}

func (markedValues) Env(name string) (string, error) {
	if len(name) > 3 {
		return "", fs.ErrNotExist
	}
	return mark + name, nil
}

func (markedValues) Secret(name string) (string, error) { return mark + name, nil }

// renderFuzzed renders two fragments, one over the other, and policies nothing.
func renderFuzzed(lower, upper, vars string) (gateway.State, diag.List) {
	repo := fstest.MapFS{
		"sluice.yaml":                        {Data: []byte("version: 1\n")},
		"base/a.yaml":                        {Data: []byte(lower)},
		"environments/test/environment.yaml": {Data: []byte("extends: base\ngroups: [g]\nempty: true\nvars: " + vars + "\n")},
		"environments/test/a.yaml":           {Data: []byte(upper)},
	}
	tree := environments.Load(repo)
	env, ok := tree.Find("test")
	if !ok {
		return nil, tree.Faults
	}
	return render.New().Render(repo, tree, env, "g", markedValues{})
}

// FuzzRender renders anything, twice alike. It ends in a state or in faults that say where and how to mend them; neither the faults nor
// the state as it is printed show a secret.
func FuzzRender(f *testing.F) {
	f.Add("upstreams: {a: {nodes: {\"h:1\": 1}}}\n", "upstreams: {a: {nodes: !override {\"${vars.h}:80\": 1}}}\n", "{h: x}")
	f.Add("routes:\n- {id: a, uri: /a, plugins: {key-auth: {}, limit-count: {count: \"${secret(a)}\"}}}\n", "routes: {a: !reset }\nconsumers: {c: {credentials: [{id: k, plugins: {key-auth: {key: \"${secret(k)}\"}}}]}}\n", "{}")
	f.Add("vars: {a: \"${vars.b}\", b: [\"${secret(s)}\"]}\nprotos: {p: {content: \"x${vars.a}${env(A)}\"}}\n", "vars: {b: !append [x]}\nssls: {s: {cert: \"${secret(c)}\", key: \"${secret(k)}\", snis: [\"${secret(n)}\"]}}\n", "{a: !reset }")
	f.Add("routes: {\"${secret(a)}\": {uri: \"${secret(u)}\", hosts: [\"${env(H)}\"], vars: [[arg_x, ==, \"${secret(v)}\"]]}}\n", "services: {a: {upstream: {nodes: {\"${env(H)}:${env(P)}\": 1}}}}\n", "{\"${vars.a}\": 1}")
	f.Add("secrets: {vault: {a: {uri: x, token: \"${secret(t)}\"}}}\nplugin_metadata: {file-logger: {log_format: {a: \"${secret(t)}\"}}}\n", "global_rules: {a: {plugins: {prometheus: {prefer_name: \"${secret(b)}\"}}}}\n", "[1]")
	f.Fuzz(func(t *testing.T, lower, upper, vars string) {
		input := lower + upper + vars
		if strings.Contains(input, mark) || len(input) > 10_000 {
			return
		}
		state, faults := renderFuzzed(lower, upper, vars)
		if (state == nil) != faults.HasErrors() {
			t.Fatalf("state %v, faults %v", state, faults)
		}
		if len(faults) > 1001 {
			t.Errorf("%d faults", len(faults))
		}
		for _, fault := range faults {
			if fault.Code == "" || fault.Pos.File == "" || fault.What == "" || fault.Hint == "" {
				t.Errorf("incomplete fault: %#v", fault)
			}
		}
		printed, err := json.Marshal(state.Fragment())
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"a fault": faults.Error(), "the state": string(printed), "the origins": origins(state)} {
			if at := strings.Index(text, mark); at >= 0 {
				t.Errorf("%s shows a secret: %.200q", what, text[max(0, at-100):])
			}
		}
		again, faultsAgain := renderFuzzed(lower, upper, vars)
		if again.Digest() != state.Digest() || faultsAgain.Error() != faults.Error() {
			t.Errorf("rendered twice: %s and %s", faults, faultsAgain)
		}
	})
}

func origins(state gateway.State) string {
	var b strings.Builder
	for _, resource := range state {
		writeOrigin(&b, resource.Origin)
	}
	return b.String()
}

func writeOrigin(b *strings.Builder, o *gateway.Origin) {
	if o == nil {
		return
	}
	fmt.Fprintln(b, o.Text, o.Key)
	writeOrigin(b, o.Was)
	for _, below := range o.Fields {
		writeOrigin(b, below)
	}
	for _, below := range o.Items {
		writeOrigin(b, below)
	}
}
