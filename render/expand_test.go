package render_test

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// oneSecret knows one secret and no variable.
type oneSecret struct{}

func (oneSecret) Env(string) (string, error) { return "", fs.ErrNotExist }

func (oneSecret) Secret(name string) (string, error) {
	if name != "token" {
		return "", fs.ErrNotExist
	}
	return "t0k", nil
}

// TestTexts holds that texts outside fragments mean what they mean inside.
func TestTexts(t *testing.T) {
	repo := fstest.MapFS{}
	for name, text := range map[string]string{
		"sluice.yaml":                             "version: 1\nvars: {domain: low, port: 1.10, hosts: [a, b]}\n",
		"environments/prod/environment.yaml":      "groups: [eu, us]\nempty: true\nvars: {site: 'https://${vars.domain}'}\n",
		"environments/prod/vars.yaml":             "vars: {domain: 'prod-${group}.example', login: 'x-${secret(token)}'}\n",
		"environments/prod/groups/us/vars.yaml":   "vars: {domain: us.example}\n",
		"environments/prod/groups/eu/routes.yaml": "routes: {}\n",
	} {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	at := diag.Pos{File: "environments/prod/environment.yaml", Line: 7, Col: 5}
	tests := []struct{ group, text, want string }{
		{"eu", "plain $remote_addr", "plain $remote_addr"},
		{"eu", "${environment}/${group} $${x}", "prod/eu ${x}"},
		{"eu", "${vars.site}/x", "https://prod-eu.example/x"},
		{"us", "${vars.site}", "https://us.example"},
		{"eu", "${vars.port}", "1.10"},
		{"eu", "Bearer ${secret(token)}", "secret Bearer t0k"},
		{"eu", "${vars.login}", "secret x-t0k"},
		{"eu", "${env(NOPE, 'spare')}", "secret spare"},
		{"eu", "${vars.nope}", `environments/prod/environment.yaml:7:5: there is no variable "nope" in prod
	hint: set it under vars in a fragment, environment.yaml or sluice.yaml`},
		{"eu", "${vars.hosts}", `environments/prod/environment.yaml:7:5: "${vars.hosts}" puts a map or a list into a text
	hint: a variable with a map or a list must be the entire value`},
		{"eu", "${secret(other)}", `environments/prod/environment.yaml:7:5: ${secret(other)}: file does not exist
	hint: check the name, and what the daemon's file allows under allow`},
	}
	renderer := render.New()
	for _, test := range tests {
		texts, faults := renderer.Texts(repo, tree, env, test.group, oneSecret{})
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		value, faults := texts.Expand(test.text, at)
		got := fmt.Sprint(value)
		if secret, is := value.(gateway.Secret); is {
			got = "secret " + secret.Reveal()
		}
		if err := faults.Err(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s in %s (-want +got):\n%s", test.text, test.group, diff)
		}
	}
}

// TestTextsWithoutVariablesAreAFault holds that variables that can't be read never come out as empty ones, and that a secret may stay
// unresolved.
func TestTextsWithoutVariablesAreAFault(t *testing.T) {
	repo := fstest.MapFS{
		"sluice.yaml":                        {Data: []byte("version: 1\n")},
		"environments/prod/environment.yaml": {Data: []byte("groups: [eu]\nempty: true\n")},
	}
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	texts, faults := render.New().Texts(repo, tree, env, "eu", nil)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if value, faults := texts.Expand("${secret(token)}", diag.Pos{}); faults.HasErrors() || value.(gateway.Secret).Resolved() {
		t.Errorf("offline, a secret is unresolved: %v %v", value, faults)
	}
	if _, faults := texts.Expand("${nonsense}", diag.Pos{Line: 7}); len(faults) != 1 || faults[0].Code != "unknown-reference" || faults[0].Pos.Line != 7 {
		t.Errorf("what is no reference has the faults %v", faults)
	}
	repo["environments/prod/vars.yaml"] = &fstest.MapFile{Data: []byte("vars: {a: b")}
	if texts, faults := render.New().Texts(repo, tree, env, "eu", nil); texts != nil || !faults.HasErrors() {
		t.Errorf("a broken file gives texts, and the faults %v", faults)
	}
}
