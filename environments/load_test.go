package environments_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

func repoOf(files map[string]string) fstest.MapFS {
	repo := fstest.MapFS{}
	for name, text := range files {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return repo
}

func names(envs []environments.Environment) []string {
	var names []string
	for _, env := range envs {
		names = append(names, env.Name)
	}
	return names
}

func paths(env environments.Environment) []string {
	var paths []string
	for _, layer := range env.Layers {
		paths = append(paths, layer.Path)
	}
	return paths
}

func TestLoad(t *testing.T) {
	repo := repoOf(map[string]string{
		"sluice.yaml":                        "version: 1\nvars: {a: 1}\n",
		"base/a.yaml":                        "",
		"services/user/a.yaml":               "",
		"environments/prod/environment.yaml": "extends: [environments/uat, path: services/user]\nafter: [uat]\ngroups: [canary, [eu, us]]\nguard: {maxDeletes: 10, protect: [\"routes/*\"]}\ndrift: report\nadopt: allow\nempty: true\nvars: {b: 2}\n",
		"environments/prod/groups/eu/a.yaml": "",
		"environments/uat/environment.yaml":  "extends: base\nafter: [test]\ngroups: [uat-eu]\n",
		"environments/test/environment.yaml": "extends: [base]\ngroups: [test-eu]\n",
		"environments/README.md":             "not an environment",
	})
	tree := environments.Load(repo)
	if len(tree.Faults) > 0 {
		t.Fatal(tree.Faults)
	}
	if diff := cmp.Diff([]string{"test", "uat", "prod"}, names(tree.Environments)); diff != "" {
		t.Errorf("stages (-want +got)\n%s", diff)
	}
	prod, ok := tree.Find("prod")
	if !ok || len(prod.Faults) > 0 {
		t.Fatal(prod.Faults)
	}
	if diff := cmp.Diff([]string{"base", "environments/uat", "services/user", "environments/prod"}, paths(prod)); diff != "" {
		t.Errorf("layers (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"canary", "eu", "us"}, prod.Groups()); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
	ten := 10
	if diff := cmp.Diff(environments.Guard{MaxDeletes: &ten, Protect: []string{"routes/*"}}, prod.Guard); diff != "" {
		t.Errorf("guard (-want +got)\n%s", diff)
	}
	if prod.Drift != environments.Report || !prod.Adopt || !prod.Empty || prod.GroupLayers["eu"].Path != "environments/prod/groups/eu" {
		t.Errorf("got %+v", prod)
	}
	if prod.Layers[3].Vars.Get("b") == nil || tree.Settings.Vars.Get("a") == nil {
		t.Error("variables are missing")
	}
	if want := (diag.Pos{File: "environments/prod/environment.yaml", Line: 1, Col: 35}); prod.Layers[2].Pos != want {
		t.Errorf("layer is asked for at %s, want %s", prod.Layers[2].Pos, want)
	}
}

// TestFaultsStayWithTheirEnvironment breaks one environment; its siblings stand.
func TestFaultsStayWithTheirEnvironment(t *testing.T) {
	for _, broken := range []string{"a: [", "groups: [prod-eu]\nextends: nowhere\n", "groups: [-bad]\n", ""} {
		tree := environments.Load(repoOf(map[string]string{
			"sluice.yaml":                        "version: 1\n",
			"base/a.yaml":                        "",
			"environments/prod/environment.yaml": broken,
			"environments/test/environment.yaml": "extends: [base]\ngroups: [test-eu]\n",
		}))
		prod, _ := tree.Find("prod")
		test, _ := tree.Find("test")
		if len(tree.Faults) > 0 || len(test.Faults) > 0 || !prod.Faults.HasErrors() {
			t.Errorf("%q: tree %v, test %v, prod %v", broken, tree.Faults, test.Faults, prod.Faults)
		}
	}
}
