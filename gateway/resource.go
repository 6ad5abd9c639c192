package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Key names one resource of a gateway group. It is comparable and orders by Compare.
type Key struct {
	Kind Kind
	ID   string
}

// String returns "kind/id", as "routes/user-read", "credentials/alice/key1", "secrets/vault/1".
func (k Key) String() string { return string(k.Kind) + "/" + k.ID }

// ParseKey reads what Key.String wrote.
func ParseKey(s string) (Key, error) {
	kind, id, found := strings.Cut(s, "/")
	if !found || id == "" || !Kind(kind).Valid() {
		return Key{}, fmt.Errorf("%q is not a resource: want KIND/ID, as routes/user-read", s)
	}
	return Key{Kind(kind), id}, nil
}

// MarshalText makes a Key a JSON string or map key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Key) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKey(string(text))
	return err
}

// Compare orders by kind, in dependency order, then by id.
func (k Key) Compare(l Key) int {
	if k.Kind == l.Kind {
		return cmp.Compare(k.ID, l.ID)
	}
	return cmp.Or(cmp.Compare(k.Kind.Order(), l.Kind.Order()), cmp.Compare(k.ID, l.ID))
}

// Resource is one object of a gateway, desired or live.
type Resource struct {
	Key Key
	// Spec is the body as the Admin API takes it, in canonical values, without what Key says already (id, username) and
	// without what a gateway adds (create_time, update_time). It is shared between states and must not be changed.
	Spec map[string]any
	// Origin says where each field was written. It is nil for live resources.
	Origin *Origin
}

// State is the whole configuration of a gateway group, desired or live. A State and all that hangs from it is read-only once
// it was handed on.
type State map[Key]Resource

// Keys returns the keys in order of Key.Compare.
func (s State) Keys() []Key {
	keys := slices.AppendSeq(make([]Key, 0, len(s)), maps.Keys(s))
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// Labels returns the labels of r; nil when it has none.
func (r Resource) Labels() map[string]any {
	labels, _ := r.Spec["labels"].(map[string]any)
	return labels
}

// ManagedBy is the label that marks a resource as owned by Sluice, ManagedBySluice its value.
const (
	ManagedBy       = "managed-by"
	ManagedBySluice = "sluice"
)

// Labelled reports whether r carries the ownership label.
func (r Resource) Labelled() bool { return r.Labels()[ManagedBy] == ManagedBySluice }
