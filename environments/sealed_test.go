package environments_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// locking opens every document, and leaves the values under the keys that it names locked.
type locking struct {
	locked []string
	fault  bool
}

func (locking) Generation() int { return 1 }

func (l locking) Decrypt(root *strictyaml.Node, _ []byte) (*strictyaml.Node, diag.List) {
	if l.fault {
		return nil, diag.List{diag.Errorf(root.Pos, "sops-key", "no key")}
	}
	clear := *root
	clear.Fields = nil
	for _, field := range root.Fields {
		if field.Key == "sops" {
			continue
		}
		for _, name := range l.locked {
			if field.Key == name {
				field.Value = lock(field.Value)
			}
		}
		clear.Fields = append(clear.Fields, field)
	}
	return &clear, diag.List{diag.Warningf(root.Pos, "sops-key", "locked")}
}

func lock(n *strictyaml.Node) *strictyaml.Node {
	locked := *n
	locked.Fields, locked.Items = nil, nil
	for _, field := range n.Fields {
		field.Value = lock(field.Value)
		locked.Fields = append(locked.Fields, field)
	}
	for _, item := range n.Items {
		locked.Items = append(locked.Items, lock(item))
	}
	if n.Kind == strictyaml.Scalar {
		locked.Sealed, locked.Value, locked.Text = "name", nil, "encrypted-name"
	}
	return &locked
}

func sealedLayout() fs.FS {
	return fstest.MapFS{
		"sluice.yaml":                        {Data: []byte("version: 1\n")},
		"environments/test/environment.yaml": {Data: []byte("groups: [test]\n")},
		"environments/prod/environment.yaml": {Data: []byte("groups: [prod]\nvars: {a: x}\nsops: {mac: x}\n")},
	}
}

func TestEncryptedLayout(t *testing.T) {
	tests := []struct {
		name   string
		keys   environments.Decrypter
		faulty bool
		want   string
	}{
		{"no keys at all", nil, true, "environments/prod/environment.yaml:3:1: SOPS encrypted this file, and there is no key"},
		{"no key for it", locking{fault: true}, true, "no key"},
		{"variables are locked", locking{locked: []string{"vars"}}, false, "warning: locked"},
		{"gateway groups are locked", locking{locked: []string{"vars", "groups"}}, true, "environment.yaml:1:10: groups is encrypted, and there is no key for it here"},
		{"nothing is locked", locking{}, false, "warning: locked"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := environments.LoadPinned(sealedLayout(), test.keys, nil)
			prod, _ := tree.Find("prod")
			if prod.Faults.HasErrors() != test.faulty || !strings.Contains(prod.Faults.Error(), test.want) {
				t.Errorf("faults %v, want %q", prod.Faults, test.want)
			}
			if other, _ := tree.Find("test"); len(other.Faults) > 0 || tree.Faults.HasErrors() {
				t.Errorf("the fault is not that of its environment alone: %v, %v", tree.Faults, other.Faults)
			}
			if !test.faulty && len(prod.Groups()) != 1 {
				t.Errorf("groups %v", prod.Groups())
			}
		})
	}
}

// TestFaultsOfALayoutThatIsLockedAreFew says that what can't be read is told once.
func TestFaultsOfALayoutThatIsLockedAreFew(t *testing.T) {
	tree := environments.LoadPinned(sealedLayout(), locking{locked: []string{"groups"}}, nil)
	if prod, _ := tree.Find("prod"); len(prod.Faults) != 2 {
		t.Errorf("faults:\n%v", prod.Faults)
	}
}
