package policy

import (
	"maps"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/sluice-gitops/sluice/gateway"
)

// adapter shows canonical values to CEL. Maps and lists are wrapped and not copied: most of a resource is never looked at.
type adapter struct{}

// NativeToValue returns the CEL value of a canonical one.
func (a adapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case gateway.Secret:
		return secret{v.Ref()}
	case map[string]any:
		return newObject(v)
	case []any:
		return types.NewDynamicList(a, v)
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// object is a map of the configuration. Unlike the library's own maps it visits its fields in order of their names, so that
// what an expression comes to is the same every time.
type object struct {
	traits.Mapper
	fields   map[string]any
	resource *resource     // nil unless the map is the body of a resource
	names    traits.Lister // of the fields, in order; nil until somebody visits them
}

func newObject(fields map[string]any) *object {
	return &object{Mapper: types.NewStringInterfaceMap(adapter{}, fields), fields: fields}
}

// Iterator visits the names of the fields in order.
func (o *object) Iterator() traits.Iterator {
	if o.names == nil {
		o.names = types.NewStringList(adapter{}, slices.Sorted(maps.Keys(o.fields)))
	}
	return o.names.Iterator()
}

// texts returns the texts of a list.
func texts(v any) []string {
	list, _ := v.([]any)
	var texts []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
