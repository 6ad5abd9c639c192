package environments_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// failingOnce is a file system of which one read fails, the one of that number.
type failingOnce struct {
	fs.FS
	reads *int
	fails int
}

func (f failingOnce) Open(name string) (fs.File, error) {
	if *f.reads++; *f.reads == f.fails {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("out of order")}
	}
	return f.FS.Open(name)
}

// TestUnreadableIsNeverEmpty lets each read of a Load fail in turn: either there is a fault, or nothing is missing.
func TestUnreadableIsNeverEmpty(t *testing.T) {
	repo := repoOf(map[string]string{
		"sluice.yaml":                        "version: 1\nvars: {a: 1}\n",
		"base/a.yaml":                        "",
		"environments/prod/environment.yaml": "extends: [environments/uat]\ngroups: [eu]\n",
		"environments/prod/groups/eu/a.yaml": "",
		"environments/uat/environment.yaml":  "extends: base\ngroups: [uat-eu]\nvars: {b: 2}\n",
	})
	reads := 0
	whole, _ := environments.Load(failingOnce{repo, &reads, 0}).Find("prod")
	for fails := range reads {
		reads = 0
		tree := environments.Load(failingOnce{repo, &reads, fails + 1})
		prod, _ := tree.Find("prod")
		if faults := slices.Concat(tree.Faults, prod.Faults); faults.HasErrors() {
			continue
		}
		if diff := cmp.Diff(paths(whole), paths(prod)); diff != "" {
			t.Errorf("read %d fails, and without a fault the layers are (-want +got)\n%s", fails+1, diff)
		} else if prod.Layers[1].Vars.Get("b") == nil || prod.GroupLayers["eu"].Path == "" {
			t.Errorf("read %d fails, and without a fault something is missing: %+v", fails+1, prod)
		}
	}
}

// TestAnAliasNamesAGroupTwice has two names in one place.
func TestAnAliasNamesAGroupTwice(t *testing.T) {
	tree := environments.Load(repoOf(map[string]string{
		"sluice.yaml":                        "version: 1\n",
		"environments/prod/environment.yaml": "groups: [&eu prod-eu, *eu]\n",
	}))
	prod, _ := tree.Find("prod")
	duplicate := func(fault diag.Diagnostic) bool { return fault.Code == "duplicate-group" }
	if !slices.ContainsFunc(prod.Faults, duplicate) {
		t.Errorf("groups are %v, faults %v", prod.Groups(), prod.Faults)
	}
}
