package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Explanation says what a field is, where it was written and what it overrides.
type Explanation struct {
	Key   gateway.Key
	Path  gateway.Path
	Value any  // nil when the field was removed
	Set   bool // false when !reset removed the field
	// Origins holds the places that set the field, the one that holds first. It is empty for what Sluice set itself.
	Origins []gateway.Origin
}

// Explain explains a field of a rendered resource; the empty path is the whole resource. It is an error when there is no such
// resource or field.
func Explain(state gateway.State, key gateway.Key, path gateway.Path) (Explanation, error) {
	resource, ok := state[key]
	if !ok {
		return Explanation{}, fmt.Errorf("there is no %s%s", key, hintOf(key.ID, idsOf(state, key.Kind)))
	}
	e := Explanation{Key: key, Path: path, Value: resource.Spec}
	origin := resource.Origin
	e.Set = true
	for i, step := range path {
		if !e.Set {
			return e, noField(key, path[:i+1], nil)
		}
		inner, from, set := into(e.Value, origin, step)
		if !set && (from == nil || from.Text != "!reset") {
			return e, noField(key, path[:i+1], e.Value)
		}
		e.Value, origin, e.Set = inner, from, set
	}
	for ; origin != nil && !origin.Pos.IsZero(); origin = origin.Was {
		e.Origins = append(e.Origins, *origin)
	}
	return e, nil
}

// into follows one step in the value and in its origin.
func into(value any, origin *gateway.Origin, step gateway.Step) (inner any, from *gateway.Origin, set bool) {
	switch v := value.(type) {
	case map[string]any:
		if step.Field {
			inner, set = v[step.Key]
			if origin != nil {
				from = origin.Fields[step.Key]
			}
		}
	case []any:
		if !step.Field && step.Index < len(v) {
			inner, set = v[step.Index], true
			if origin != nil && step.Index < len(origin.Items) {
				from = origin.Items[step.Index]
			}
		}
	}
	return inner, from, set
}

func noField(key gateway.Key, path gateway.Path, in any) error {
	var names []string
	if m, ok := in.(map[string]any); ok {
		for name := range m {
			names = append(names, name)
		}
	}
	return fmt.Errorf("%s has no field %s%s", key, path, hintOf(path[len(path)-1].Key, names))
}

func hintOf(word string, names []string) string {
	if near := diag.Suggest(word, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func idsOf(state gateway.State, kind gateway.Kind) []string {
	var ids []string
	for key := range state {
		if key.Kind == kind {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

// String tells the way of the field from the lowest layer up, as
// "5 from base/routes.yaml:12:14, overridden at environments/prod/routes.yaml:4:11 with 3".
func (e Explanation) String() string {
	if len(e.Origins) == 0 {
		return compact(e.Value) + ", set by Sluice"
	}
	var b strings.Builder
	for i := len(e.Origins) - 1; i >= 0; i-- {
		if i == len(e.Origins)-1 {
			fmt.Fprintf(&b, "%s from %s", e.text(i), e.Origins[i].Pos)
			continue
		}
		fmt.Fprintf(&b, ", overridden at %s with %s", e.Origins[i].Pos, e.text(i))
	}
	return b.String()
}

// text returns the value that an origin set: of the one that holds the value itself, of the others what they say.
func (e Explanation) text(i int) string {
	if i == 0 && e.Set {
		return compact(e.Value)
	}
	if text := e.Origins[i].Text; text != "" {
		return text
	}
	return "a value"
}

// compact writes a value on one line; text stands as it is and secrets write themselves as ***.
func compact(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "?"
	}
	return strings.TrimSpace(b.String())
}
