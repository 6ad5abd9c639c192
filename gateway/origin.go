package gateway

import "github.com/sluice-gitops/sluice/diag"

// Origin says where a value was written, and what it overrides. It is a tree beside the tree of values. It is read-only once
// it was handed on and may be shared between resources.
type Origin struct {
	Pos    diag.Pos // where the value stands, or the key of a map or list; zero when Sluice itself set it
	Was    *Origin  // the value that this one overrides, in an earlier layer; nil when it overrides none
	Text   string   // the value as written in the file, for explain, when it is a scalar and not a secret
	Key    string   // the key that the value stands under as written in the file, when that holds variables
	Fields map[string]*Origin
	Items  []*Origin
}

// At follows path down from o and returns the deepest origin known on the way: the place of the field itself, or of the map
// that holds it. It is safe on nil.
func (o *Origin) At(path Path) *Origin {
	for _, step := range path {
		if o == nil {
			return nil
		}
		next := o.child(step)
		if next == nil {
			return o
		}
		o = next
	}
	return o
}

// Place returns the position of the value at path, or of what holds it; zero when nothing is known. It is safe on nil.
func (o *Origin) Place(path Path) diag.Pos {
	if found := o.At(path); found != nil {
		return found.Pos
	}
	return diag.Pos{}
}

func (o *Origin) child(step Step) *Origin {
	if step.Field {
		return o.Fields[step.Key]
	}
	if step.Index < len(o.Items) {
		return o.Items[step.Index]
	}
	return nil
}
