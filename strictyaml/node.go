package strictyaml

import "github.com/sluice-gitops/sluice/diag"

// Kind is the shape of a Node. The zero value is not a kind.
type Kind int

// The kinds of nodes.
const (
	Map Kind = iota + 1
	List
	Scalar
)

// String returns the word for messages: "a map", "a list", "a single value".
func (k Kind) String() string {
	return [...]string{"nothing", "a map", "a list", "a single value"}[k]
}

// The tags that a file may use, as in Compose files.
const (
	Reset    = "!reset"    // removes what is inherited
	Override = "!override" // replaces a map whole
	Append   = "!append"   // adds to an inherited list
)

// Node is one value of a file. It is read-only once Parse returned it, and may be shared where the file uses an alias.
type Node struct {
	Kind   Kind
	Tag    string   // "", Reset, Override or Append
	Pos    diag.Pos // where the value begins
	Value  any      // of a Scalar: string, int64, float64 (never integral), bool, or nil for null
	Text   string   // of a Scalar: as written, without quotes
	Fields []Field  // of a Map, in the order of the file
	Items  []*Node  // of a List
	// Sealed is, of a Scalar that the file holds encrypted, a name for the encrypted text: the value is a secret. Value is nil where
	// it could not be decrypted; Text stands for it then. Empty for a value in clear.
	Sealed string
}

// Field is one entry of a map.
type Field struct {
	Key   string
	Pos   diag.Pos // where the key stands
	Value *Node
}

// Get returns the value under key, nil when there is none. It is safe on nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, field := range n.Fields {
		if field.Key == key {
			return field.Value
		}
	}
	return nil
}

// IsNull reports whether n is a null that carries no tag.
func (n *Node) IsNull() bool { return n.Kind == Scalar && n.Value == nil && n.Tag == "" && !n.Locked() }

// Locked reports whether n is encrypted and could not be decrypted. It is safe on nil.
func (n *Node) Locked() bool { return n != nil && n.Sealed != "" && n.Value == nil }
