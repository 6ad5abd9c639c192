package environments

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Decrypter opens files that SOPS encrypted; sops.Keyring is one. It is safe for use by several goroutines at once.
type Decrypter interface {
	// Decrypt returns the document in clear, without the key "sops": the values that were encrypted are Sealed, and locked where no
	// key is there for them. Data is the file that root was read from. The document is nil when there is a fault of severity Error.
	Decrypt(root *strictyaml.Node, data []byte) (*strictyaml.Node, diag.List)
	// Generation is another number whenever the keys are others than before.
	Generation() int
}

// Unseal returns a document in clear when SOPS encrypted it, and any other as it is. The document is nil when it can't be opened;
// the faults say why.
func Unseal(root *strictyaml.Node, data []byte, keys Decrypter) (*strictyaml.Node, diag.List) {
	i := -1
	if root != nil {
		i = slices.IndexFunc(root.Fields, func(field strictyaml.Field) bool { return field.Key == "sops" })
	}
	if i < 0 {
		return root, nil
	}
	if keys == nil {
		return nil, diag.List{diag.Errorf(root.Fields[i].Pos, "sops-key", "SOPS encrypted this file, and there is no key").
			WithHint("give the daemon its age key: sops: {ageKeyFile: …}")}
	}
	return keys.Decrypt(root, data)
}

// lockedLayout refuses a layout that nobody can read here. Variables may be locked: they are needed by value only.
func lockedLayout(root *strictyaml.Node) diag.List {
	if root == nil {
		return nil
	}
	for _, field := range root.Fields {
		if locked := firstLocked(field.Value); locked != nil && field.Key != "vars" {
			return diag.List{diag.Errorf(locked.Pos, "sops-key", "%s is encrypted, and there is no key for it here", field.Key).
				WithHint("encrypt the variables alone: sops encrypt --encrypted-regex '^vars$' --in-place FILE")}
		}
	}
	return nil
}

func firstLocked(n *strictyaml.Node) *strictyaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Locked():
		return n
	}
	for _, field := range n.Fields {
		if locked := firstLocked(field.Value); locked != nil {
			return locked
		}
	}
	for _, item := range n.Items {
		if locked := firstLocked(item); locked != nil {
			return locked
		}
	}
	return nil
}
