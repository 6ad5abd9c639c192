package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// wantedValue is what must stand at a place of a JSON answer.
type wantedValue struct {
	path    gateway.Path
	equals  *strictyaml.Node // nil: anything
	words   *string          // instead of equals: a text in which variables were put; what is written so is equal
	matches pattern
}

// readJSON reads one JSON value, and nothing behind it.
func readJSON(r io.Reader) (any, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the value")
	}
	return value, nil
}

// missed says what is wrong at the place; "" when nothing is.
func (w wantedValue) missed(body any) string {
	found, ok := at(w.path, body)
	if !ok {
		return fmt.Sprintf("nothing stands at %s", w.path)
	}
	switch {
	case w.words != nil && written(found) != *w.words:
		return fmt.Sprintf("%s is %s, want %s", w.path, shown(found), *w.words)
	case w.words == nil && w.equals != nil && !same(w.equals, found):
		return fmt.Sprintf("%s is %s, want %s", w.path, shown(found), wanted(w.equals))
	case !w.matches.matches([]byte(written(found))):
		return fmt.Sprintf("%s is %s, which does not match %q", w.path, shown(found), w.matches)
	}
	return ""
}

// at returns what stands at a path in a value; false: nothing does.
func at(path gateway.Path, value any) (any, bool) {
	for _, step := range path {
		if !step.Field {
			list, _ := value.([]any)
			if step.Index >= len(list) {
				return nil, false
			}
			value = list[step.Index]
			continue
		}
		fields, _ := value.(map[string]any)
		inner, ok := fields[step.Key]
		if !ok {
			return nil, false
		}
		value = inner
	}
	return value, true
}

// written is how a value is written, without the quotes of a text.
func written(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "null"
	case bool, json.Number:
		return fmt.Sprint(v)
	}
	text, _ := json.Marshal(v) // it was read from JSON
	return string(text)
}

// shown names a value without what could be a secret: texts are not repeated.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return "another text"
	case json.Number:
		return line(string(v))
	case []any:
		return "a list of " + strconv.Itoa(len(v))
	case map[string]any:
		return "a map"
	}
	return written(v)
}

// wanted writes what the environment asks for.
func wanted(n *strictyaml.Node) string {
	switch v := n.Value.(type) {
	case string:
		return strconv.Quote(v)
	case nil:
		if n.Kind == strictyaml.Scalar {
			return "null"
		}
		return "the value that is written there"
	}
	return n.Text
}

// same compares what is asked for with what was found. Numbers are equal by their value.
func same(n *strictyaml.Node, found any) bool {
	switch n.Kind {
	case strictyaml.List:
		list, ok := found.([]any)
		if !ok || len(list) != len(n.Items) {
			return false
		}
		for i, item := range n.Items {
			if !same(item, list[i]) {
				return false
			}
		}
		return true
	case strictyaml.Map:
		return sameMap(n, found)
	}
	number, isNumber := found.(json.Number)
	switch v := n.Value.(type) {
	case int64:
		return isNumber && sameNumber(number, strconv.FormatInt(v, 10), float64(v))
	case float64:
		return isNumber && sameNumber(number, "", v)
	}
	return n.Value == found
}

func sameMap(n *strictyaml.Node, found any) bool {
	fields, ok := found.(map[string]any)
	if !ok || len(fields) != len(n.Fields) {
		return false
	}
	for _, field := range n.Fields {
		if value, has := fields[field.Key]; !has || !same(field.Value, value) {
			return false
		}
	}
	return true
}

// sameNumber compares by the digits where both are whole, since large numbers don't fit a float.
func sameNumber(found json.Number, digits string, value float64) bool {
	if whole, err := found.Int64(); err == nil && digits != "" {
		return strconv.FormatInt(whole, 10) == digits
	}
	float, err := found.Float64()
	return err == nil && float == value
}
