package environments_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// TestNamesThatAreNotUTF8 has names that no path can hold: each is named as Go quotes it, and only where it counts.
func TestNamesThatAreNotUTF8(t *testing.T) {
	repo := repoOf(map[string]string{
		"sluice.yaml":                             "version: 1\n",
		"base/caf\xe9.yaml":                       "",
		"base/caf\xe9.md":                         "no fragment",
		"base/d\xe9p\xf4t/a.yaml":                 "",
		"environments/prod/environment.yaml":      "extends: base\ngroups: [eu]\n",
		"environments/prod/groups/e\xfc/a.yaml":   "",
		"environments/pr\xf6d/environment.yaml":   "groups: [us]\n",
		"environments/prod/caf\xe9.yml":           "",
		"environments/prod/groups/eu/caf\xe9.yml": "",
	})
	tree := environments.Load(repo)
	faults := append(diag.List{}, tree.Faults...)
	prod, _ := tree.Find("prod")
	faults.Add(prod.Faults...)
	for _, layer := range append(prod.Layers, prod.GroupLayers["eu"]) {
		_, found := environments.Fragments(repo, layer.Path)
		faults.Add(found...)
	}
	want := `base: the name "caf\xe9.yaml" is not valid UTF-8
	hint: rename it: names are UTF-8
base: the name "d\xe9p\xf4t" is not valid UTF-8
	hint: rename it: names are UTF-8
environments: the name "pr\xf6d" is not valid UTF-8
	hint: rename it: names are UTF-8
environments/prod: the name "caf\xe9.yml" is not valid UTF-8
	hint: rename it: names are UTF-8
environments/prod/groups: the name "e\xfc" is not valid UTF-8
	hint: rename it: names are UTF-8
environments/prod/groups/eu: the name "caf\xe9.yml" is not valid UTF-8
	hint: rename it: names are UTF-8`
	if diff := cmp.Diff(want, faults.Sorted().Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
