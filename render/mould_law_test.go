package render

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// values are what the variables of drawn repos hold: some change the meaning of a resource, some make a fault of it.
var values = []string{
	"a", "b.acme.com", "", "$secret://vault/1/x", "$env://X", "bad host", "::1", "[::1]", "x0", "x9", "roundrobin", "chash", "consumer_name", "service_id",
	"rewrite", "pass", "node", "1", "true", "[a, b]", "{c: d}", "${group}", "${vars.other}", "${secret(s)}", "${vars.missing}", "sluice",
}

// bodies are resources with a variable where it matters.
var bodies = map[gateway.Kind][]string{
	gateway.Routes: {
		`{uri: /%[1]d, host: "${vars.v}", upstream_id: x0}`, `{uri: "/%[1]d/${vars.v}", upstream_id: x0}`, `{uri: /%[1]d, upstream_id: "${vars.v}"}`,
		`{uri: /%[1]d, upstream_id: x0, labels: {managed-by: "${vars.v}"}}`, `{uri: /%[1]d, upstream_id: x0, labels: {team: "${vars.v}"}}`,
		`{uri: /%[1]d, upstream_id: x0, labels: "${vars.v}"}`, `{uri: /%[1]d, upstream_id: x0, hosts: [a, "${vars.v}"]}`,
		`{uri: /%[1]d, upstream_id: x0, plugins: {consumer-restriction: {type: "${vars.v}", whitelist: [x0]}}}`,
		`{uri: /%[1]d, upstream_id: x0, plugins: {key-auth: {header: "${vars.v}"}, limit-count: {count: 1, time_window: 1, redis_password: "${vars.v}"}}}`,
		`{uri: /%[1]d, upstream: {type: "${vars.v}", nodes: [{host: "${vars.v}", port: 80, weight: 1}]}}`,
		`{uri: /%[1]d, upstream_id: x0, plugins: {"${vars.v}": {}}}`, `{uri: /%[1]d, upstream_id: x0, vars: [["arg_a", "==", "${vars.v}"]]}`,
		`{uri: /%[1]d, upstream_id: x0, desc: "${environment} ${group} ${vars.other}"}`,
	},
	gateway.Upstreams: {
		`{nodes: {"h:1": 1}, pass_host: "${vars.v}"}`, `{nodes: {"h:1": 1}, pass_host: rewrite, upstream_host: "${vars.v}"}`,
		`{nodes: {"${vars.v}:1": 1}}`, `{type: chash, key: "${vars.v}", nodes: {"h:1": 1}}`, `{nodes: {"h:1": 1}, retries: "${vars.v}"}`,
		`{nodes: {"h:1": 1}, desc: "${vars.v}", name: "${vars.other}"}`, `{nodes: {"h:1": 1}, tls: {client_cert: "${vars.v}", client_key: "${vars.v}"}}`,
	},
	gateway.Consumers: {`{desc: "${vars.v}", credentials: {k: {plugins: {key-auth: {key: "${vars.v}"}}}}}`, `{plugins: {key-auth: {key: "${vars.v}"}}}`, `{desc: "${vars.v}"}`},
}

// drawVarying makes a config repo of three environments that inherit the same resources and give their variables other values. The middle one
// lays something of its own over some.
func drawVarying(t *rapid.T) fstest.MapFS {
	repo := fstest.MapFS{"sluice.yaml": {Data: []byte("version: 1\n")}}
	text := "upstreams:\n  x0: {nodes: {\"h:1\": 1}}\n"
	for _, kind := range []gateway.Kind{gateway.Upstreams, gateway.Routes, gateway.Consumers} {
		if kind != gateway.Upstreams {
			text += string(kind) + ":\n  own: {desc: \"${environment}\", " + map[gateway.Kind]string{gateway.Routes: "uri: /own, upstream_id: x0"}[kind] + "}\n"
		}
		for i := range rapid.IntRange(0, 2).Draw(t, "resources") {
			body := rapid.SampledFrom(bodies[kind]).Draw(t, "body")
			if kind == gateway.Routes {
				body = fmt.Sprintf(body, i)
			}
			text += fmt.Sprintf("  r%d: %s\n", i, body)
		}
	}
	repo["base/f.yaml"] = &fstest.MapFile{Data: []byte(text)}
	drawn := rapid.OneOf(rapid.SampledFrom(values), rapid.SampledFrom([]string{"a", "b.acme.com", "x0"}))
	for i, env := range []string{"a", "b", "c"} {
		repo["environments/"+env+"/environment.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "extends: [base]\ngroups: [g%d]\nvars: {v: %q, other: %q}\n", i,
			drawn.Draw(t, "v"), rapid.SampledFrom([]string{"p", "q", "$x"}).Draw(t, "other"))}
	}
	repo["environments/b/own.yaml"] = &fstest.MapFile{Data: []byte(rapid.SampledFrom([]string{
		"{}\n", "{}\n", "routes: {own: {host: \"${vars.v}\"}}\n", "routes: {own: {desc: \"${vars.other}\"}}\nconsumers: {own: !reset }\n",
		"upstreams: {x0: {desc: !override \"${vars.v}\"}}\n",
	}).Draw(t, "own"))}
	return repo
}

// TestAMouldChangesNothing renders each group after others with other values, and alone.
func TestAMouldChangesNothing(t *testing.T) {
	cast, faults, states := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		repo := drawVarying(t)
		tree, r := environments.Load(repo), New()
		for _, env := range tree.Environments {
			group := env.Groups()[0]
			want, alone := New().Render(repo, tree, env, group, nil)
			for range 2 {
				got, said := r.Render(repo, tree, env, group, nil)
				if diff := cmp.Diff(linesOf(alone), linesOf(said)); diff != "" {
					t.Fatalf("faults of %s (-alone +after others):\n%s", group, diff)
				}
				if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
					t.Fatalf("%s (-alone +after others):\n%s", group, diff)
				}
				if faults += len(alone); got != nil {
					states++
				}
			}
		}
		cast += castsOf(r)
	})
	if cast == 0 || faults == 0 || states == 0 {
		t.Errorf("%d resources were cast with other texts, %d states came out, %d faults were met: this test proves nothing", cast, states, faults)
	}
}

// castsOf counts the moulds that other texts than the first were put into.
func castsOf(r *Renderer) (n int) {
	for _, slot := range r.fragments.slots {
		for _, p := range slot.value.pieces {
			for _, m := range p.memory.moulds {
				if !slices.Equal(m.first.texts, m.last.texts) {
					n++
				}
			}
		}
	}
	return n
}

// printed writes a state with the place, the text and the history of each field.
func printed(state gateway.State) map[string]string {
	all := map[string]string{}
	for key, r := range state {
		all[key.String()] = string(r.Bytes()) + " " + originText(r.Origin)
	}
	return all
}

func originText(o *gateway.Origin) string {
	if o == nil {
		return "-"
	}
	text := fmt.Sprintf("%v %q %q was(%s)", o.Pos, o.Text, o.Key, originText(o.Was))
	for _, f := range sortedFields(o) {
		text += " " + f + ":{" + originText(o.Fields[f]) + "}"
	}
	for _, item := range o.Items {
		text += " -{" + originText(item) + "}"
	}
	return text
}

func sortedFields(o *gateway.Origin) []string { return slices.Sorted(maps.Keys(o.Fields)) }
