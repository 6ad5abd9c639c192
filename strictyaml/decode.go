package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/diag"
)

// Decode fills the struct that into points to from a map, by the `yaml:"name"` tags of its fields. It takes string, bool,
// integers, floats, time.Duration, slices, maps with string keys, structs, pointers to all of these, and *Node for the value
// as it is. A field of type diag.Pos tagged `yaml:",pos"` receives the place of the struct. Unknown keys and values of the
// wrong type are faults; what is absent or null stays as it was. A nil node changes nothing.
func Decode(n *Node, into any) diag.List {
	var d decoder
	if n != nil {
		d.value(n, reflect.ValueOf(into).Elem(), n.Pos)
	}
	return d.faults
}

type decoder struct{ faults diag.List }

var (
	nodeType     = reflect.TypeFor[*Node]()
	posType      = reflect.TypeFor[diag.Pos]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (d *decoder) wrong(n *Node, want string) {
	fault := diag.Errorf(n.Pos, "wrong-type", "want %s, not %s", want, describe(n)).WithHint("%s", wantHints[want])
	if n.Kind == Scalar && want == "text" {
		fault = fault.WithHint("quote it: %q", n.Text)
	}
	d.faults.Add(fault)
}

// wantHints say how each wanted value is written.
var wantHints = map[string]string{
	"text": "write one word or a quoted text", "true or false": "write true or false without quotes",
	"a whole number": "write a whole number without quotes", "a number": "write a number without quotes",
	"a list": "write a list: [a, b]", "a map": "write a map: {key: value}",
	"a duration": "give a number and a unit: 30s, 10m, 1h",
}

// describe names what stands there without repeating a text, which may be a secret in the wrong place.
func describe(n *Node) string {
	switch n.Value.(type) {
	case string:
		return "text"
	case bool:
		return "a truth value"
	case int64, float64:
		return "a number"
	}
	if n.Kind == Scalar {
		return "nothing"
	}
	return n.Kind.String()
}

func (d *decoder) value(n *Node, v reflect.Value, pos diag.Pos) {
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.Tag != "" {
		d.faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "the tag %s has no meaning here", n.Tag).WithHint("remove it"))
	}
	if n.IsNull() {
		return
	}
	if v.Type() == durationType {
		d.duration(n, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), pos)
	case reflect.Struct:
		d.structure(n, v, pos)
	case reflect.Slice:
		d.slice(n, v)
	case reflect.Map:
		d.mapping(n, v)
	default:
		d.scalar(n, v)
	}
}

func (d *decoder) scalar(n *Node, v reflect.Value) {
	switch value := n.Value.(type) {
	case string:
		if v.Kind() == reflect.String {
			v.SetString(value)
			return
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(value)
			return
		}
	case int64:
		if v.CanInt() && !v.OverflowInt(value) {
			v.SetInt(value)
			return
		}
		if v.CanFloat() {
			v.SetFloat(float64(value))
			return
		}
	case float64:
		if v.CanFloat() {
			v.SetFloat(value)
			return
		}
	}
	d.wrong(n, wanted(v))
}

func wanted(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return "text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return "a whole number"
	case v.CanFloat():
		return "a number"
	}
	panic(fmt.Sprintf("strictyaml: can't decode into %s", v.Type()))
}

func (d *decoder) duration(n *Node, v reflect.Value) {
	text, ok := n.Value.(string)
	if !ok {
		d.wrong(n, "a duration")
		return
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 {
		d.faults.Add(diag.Errorf(n.Pos, "wrong-type", "%q is not a duration", text).
			WithHint("give a number and a unit: 500ms, 30s, 10m, 1h"))
		return
	}
	v.SetInt(int64(duration))
}

func (d *decoder) slice(n *Node, v reflect.Value) {
	if n.Kind != List {
		d.wrong(n, "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		d.value(item, list.Index(i), item.Pos)
	}
	v.Set(list)
}

func (d *decoder) mapping(n *Node, v reflect.Value) {
	if n.Kind != Map {
		d.wrong(n, "a map")
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.Fields))
	for _, field := range n.Fields {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(field.Value, value, field.Pos)
		m.SetMapIndex(reflect.ValueOf(field.Key).Convert(v.Type().Key()), value)
	}
	v.Set(m)
}

func (d *decoder) structure(n *Node, v reflect.Value, pos diag.Pos) {
	if n.Kind != Map {
		d.wrong(n, "a map")
		return
	}
	byName := map[string]reflect.Value{}
	var names []string
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if option == "pos" && v.Field(i).Type() == posType {
			v.Field(i).Set(reflect.ValueOf(pos))
		} else if name != "" && name != "-" {
			byName[name] = v.Field(i)
			names = append(names, name)
		}
	}
	for _, field := range n.Fields {
		if target, ok := byName[field.Key]; ok {
			d.value(field.Value, target, field.Pos)
			continue
		}
		slices.Sort(names)
		d.faults.Add(diag.Errorf(field.Pos, "unknown-key", "unknown key %q", field.Key).
			WithHint("%s", diag.DidYouMean(field.Key, names, "the keys are "+strings.Join(names, ", "))))
	}
}
