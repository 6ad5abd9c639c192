package render_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// TestSchemasArePartOfTheContent changes only the schemas from commit to commit: what is kept is not used for too long.
func TestSchemasArePartOfTheContent(t *testing.T) {
	texts := map[string]string{
		"sluice.yaml":                        "version: 1\n",
		"environments/prod/environment.yaml": "extends: base\ngroups: [eu]\n",
		"base/a.yaml":                        "upstreams:\n  u: {nodes: {\"h:80\": 1}, retries: 5}\n",
	}
	strict := `{"kinds":{"upstreams":{"type":"object","properties":{"retries":{"type":"integer","maximum":MOST}}}}}`
	r := render.New()
	for version, step := range []struct{ groups, schemas, want string }{
		{"", "", ""},
		{"eu: strict", "4", "retries of upstreams/u must be at most 4"},
		{"eu: strict", "5", ""},
		{"us: strict", "4", `"us" is no gateway group`},
		{"eu: strict", "", "there is no file schemas/strict.json"},
		{"", "4", ""},
	} {
		repo := map[string]string{}
		for name, text := range texts {
			repo[name] = text
		}
		if step.groups != "" {
			repo["schemas/groups.yaml"] = step.groups + "\n"
		}
		if step.schemas != "" {
			repo["schemas/strict.json"] = strings.Replace(strict, "MOST", step.schemas, 1)
		}
		fsys := hash(repo, string(rune('a'+version)))
		fsys.hashes["schemas"] = step.groups + step.schemas
		fsys.hashes["base"], fsys.hashes["environments/prod"] = "same", "same"
		tree := environments.Load(fsys)
		env, _ := tree.Find("prod")
		_, faults := r.Render(fsys, tree, env, "eu", nil)
		if got := faults.Error(); step.want == "" && got != "" || !strings.Contains(got, step.want) {
			t.Errorf("step %d: faults are %q, want %q", version, got, step.want)
		}
	}
}
