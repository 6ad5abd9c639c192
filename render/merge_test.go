package render

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// trees draws values whose shape follows from the name of their field, so that no two of them conflict: fields a and b hold
// maps, c lists, all others single values.
func trees(depth int) *rapid.Generator[*node] {
	return rapid.Custom(func(t *rapid.T) *node {
		n := &node{kind: strictyaml.Map, origin: &gateway.Origin{}}
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			if !rapid.Bool().Draw(t, "has "+key) {
				continue
			}
			value := newScalar(int64(rapid.IntRange(0, 3).Draw(t, key)), &gateway.Origin{})
			switch {
			case key < "c" && depth > 0:
				value = trees(depth-1).Draw(t, key)
			case key < "c":
				value = (&node{kind: strictyaml.Map, origin: &gateway.Origin{}}).settle()
			case key == "c":
				value = (&node{kind: strictyaml.List, items: []*node{value}, origin: &gateway.Origin{}}).settle()
			}
			n.fields = append(n.fields, field{key: key, value: value})
		}
		return n.settle()
	})
}

func same(a, b *node) bool { return gateway.Equal(a.value, b.value) }

// TestMergeIsAssociative holds for what has no tags.
func TestMergeIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := trees(2).Draw(t, "a"), trees(2).Draw(t, "b"), trees(2).Draw(t, "c")
		m := merger{}
		before := gateway.AppendCanonical(nil, b.value)
		left, right := m.merge(m.merge(a, b), c), m.merge(a, m.merge(b, c))
		if !same(left, right) {
			t.Errorf("(a b) c is %v\na (b c) is %v", left.value, right.value)
		}
		if !same(m.merge(a, a), a) {
			t.Errorf("a over itself is %v, not %v", m.merge(a, a).value, a.value)
		}
		if len(m.faults) > 0 || string(before) != string(gateway.AppendCanonical(nil, b.value)) {
			t.Errorf("faults %v, or b was changed", m.faults)
		}
	})
}

func parsed(t *testing.T, text string) *node {
	t.Helper()
	root, faults := strictyaml.Parse("a.yaml", []byte(text))
	if root == nil || faults.HasErrors() {
		return nil
	}
	c := compiler{}
	n := c.compile(root, root.Pos)
	if c.faults.HasErrors() {
		return nil
	}
	return n
}

func FuzzMerge(f *testing.F) {
	f.Add("a: {b: 1}", "a: !override {c: 2}")
	f.Add("a: [1]\nb: 2", "a: !append [2]\nb: !reset")
	f.Add("a: {x: ${vars.y}}", "a: !reset {x: 1}\nb: ${secret(s)}")
	f.Fuzz(func(t *testing.T, lowerText, upperText string) {
		lower, upper := parsed(t, lowerText), parsed(t, upperText)
		if lower == nil || upper == nil {
			return
		}
		s := newScope("test", "eu", nil)
		m := merger{}
		merged := m.merge(m.merge(nil, s.interpolate(lower)), s.interpolate(upper))
		if m.faults.HasErrors() {
			return
		}
		if merged.tag != "" {
			t.Errorf("the tag %s is left", merged.tag)
		}
		fin := finisher{}
		value, _ := fin.finish(merged)
		if merged.removed || fin.faults.HasErrors() {
			return
		}
		if _, err := gateway.Canonical(value); err != nil {
			t.Errorf("not canonical: %v", err)
		}
	})
}

func FuzzInterpolate(f *testing.F) {
	for _, seed := range []string{"${vars.a}", "x${vars.a}y", "$${x}", "${env(A, 'it''s}')}", "${secret(a/b)}", "$$${group}", "${", "$", "${vars.b}${vars.c}"} {
		f.Add(seed)
	}
	vars := &node{kind: strictyaml.Map, origin: &gateway.Origin{}, fields: []field{
		{key: "a", value: newScalar("A", &gateway.Origin{})},
		{key: "b", value: newScalar(template{{kind: variable, path: []string{"c"}}}, &gateway.Origin{})},
		{key: "c", value: newScalar(template{{kind: variable, path: []string{"b"}}}, &gateway.Origin{})},
	}}
	vars.settle()
	f.Fuzz(func(t *testing.T, text string) {
		parts, bad := parseTemplate(text)
		if bad != "" {
			return
		}
		if plain, ok := parts.literalText(); ok && len(plain) > len(text) {
			t.Errorf("%q grew to %q", text, plain)
		}
		s := newScope("test", "eu", vars)
		n := s.text(parts, newScalar("", &gateway.Origin{Pos: diag.Pos{File: "a"}}))
		fin := finisher{}
		if value, _ := fin.finish(n); value == nil {
			t.Errorf("%q came to nothing", text)
		}
		if r, ok := n.value.(runtime); ok {
			again, bad := parseTemplate(r.ref())
			if bad != "" || runtime(again).ref() != r.ref() {
				t.Errorf("the reference %q does not read back", r.ref())
			}
		}
	})
}

func TestVariableBombIsRefused(t *testing.T) {
	text := "v0: xxxxxxxxxx\n"
	for i := range 20 {
		v := fmt.Sprintf("\"${vars.v%d}\"", i)
		text += fmt.Sprintf("v%d: [%s, %s, %s, %s]\n", i+1, v, v, v, v)
	}
	text += "top: \"${vars.v20}\"\n"
	vars := parsed(t, text)
	s := newScope("test", "eu", vars)
	value := s.evaluate(vars.get("top"), diag.Pos{})
	fin := finisher{}
	fin.finish(value)
	if len(fin.faults) == 0 || fin.faults[0].Code != "too-large" {
		t.Errorf("a variable of size %d is let through: %v", value.size, fin.faults)
	}
}
