package strictyaml_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// plainOf turns a node into maps, lists and scalars, to compare with.
func plainOf(n *strictyaml.Node) any {
	switch {
	case n == nil:
		return nil
	case n.Kind == strictyaml.Map:
		m := map[string]any{}
		for _, field := range n.Fields {
			m[field.Key] = plainOf(field.Value)
		}
		return m
	case n.Kind == strictyaml.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainOf(item))
		}
		return list
	}
	return n.Value
}

func TestParseValues(t *testing.T) {
	tests := []struct {
		name, in string
		want     any
	}{
		{"empty", "", nil},
		{"only a comment", "# nothing\n", nil},
		{"only a marker", "---\n", nil},
		{"words of older YAML are text", "[yes, no, on, off, y, 2026-01-02, 12:30:45]",
			[]any{"yes", "no", "on", "off", "y", "2026-01-02", "12:30:45"}},
		{"truth values and null", "[true, False, null, ~, ]", []any{true, false, nil, nil}},
		{"numbers", "[1, -2, +3, 0, 0o17, 0x1F, 1.0, 1e3, 1.5, .5, 9223372036854775807]",
			[]any{int64(1), int64(-2), int64(3), int64(0), int64(15), int64(31), int64(1), int64(1000), 1.5, 0.5, int64(9223372036854775807)}},
		{"quotes make text", `["1", 'true', !!str 1]`, []any{"1", "true", "1"}},
		{"not quite numbers", "[1.2.3, 10.0.0.1, -, 1s, 0b11, +a]", []any{"1.2.3", "10.0.0.1", "-", "1s", "0b11", "+a"}},
		{"keys as written", "{1: a, 0755: b, 1.0: c, yes: d, 2026-01-02: e}",
			map[string]any{"1": "a", "0755": "b", "1.0": "c", "yes": "d", "2026-01-02": "e"}},
		{"anchors", "a: &a {x: 1}\nb: *a\n", map[string]any{"a": map[string]any{"x": int64(1)}, "b": map[string]any{"x": int64(1)}}},
		{"merge keys yield", "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n",
			map[string]any{"a": map[string]any{"x": int64(1), "y": int64(2)}, "b": map[string]any{"x": int64(3), "y": int64(2)}}},
		{"merge of several", "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}\n", map[string]any{
			"a": map[string]any{"x": int64(1)}, "b": map[string]any{"x": int64(2), "z": int64(3)},
			"c": map[string]any{"x": int64(1), "z": int64(3)}}},
		{"carriage returns", "a: 1\r\nb:\r\n  - x\r\n", map[string]any{"a": int64(1), "b": []any{"x"}}},
		{"byte order mark", "\ufeffa: 1\n", map[string]any{"a": int64(1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			node, faults := strictyaml.Parse("a.yaml", []byte(tt.in))
			if err := faults.Err(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plainOf(node)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParsePositionsCountRunes(t *testing.T) {
	node, faults := strictyaml.Parse("a.yaml", []byte("\ufeff\"ключ\": {é: !append [x]}\n"))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	inner := node.Fields[0].Value.Fields[0]
	if got := fmt.Sprint(inner.Pos, inner.Value.Pos, inner.Value.Items[0].Pos, inner.Value.Tag); got != "a.yaml:1:10 a.yaml:1:13 a.yaml:1:22!append" {
		t.Error(got)
	}
}

func bomb() string {
	text := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 9), ","))
	}
	return text
}

func TestParseFaults(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"unclosed map", "a: 1\nb: {c: 1\nd: 2\n", "a.yaml:2: syntax"},
		{"unclosed quote", "a: 1\nb: \"x\nc: 2\n", "a.yaml:2: syntax"},
		{"colon in a value", "a: 1\nb: c: d\n", "a.yaml:2: syntax"},
		{"indentation", "a:\n  b: 1\n c: 2\n", "a.yaml:3: syntax"},
		{"list in a map", "x: 1\na:\n  b: 1\n  - c\n", "a.yaml:4: syntax"},
		{"tab", "a:\n\tb: 1\n", "a.yaml:2:1 tab-indentation"},
		{"tab after spaces", "a:\n  b: 1\n  \tc: 1\n", "a.yaml:3:3 tab-indentation"},
		{"unknown anchor", "a: 1\nb: [x, *y]\n", "a.yaml:2:8 unknown-anchor"},
		{"second document", "a: 1\n---\nb: 2\n", "a.yaml:2:1 second-document"},
		{"broken second document", "a: 1\n---\nb: [\n", "a.yaml:3:1 second-document"},
		{"duplicate keys, both reported", "a: 1\nb: {c: 1, c: 2}\na: 3\n", "a.yaml:2:11 duplicate-key\na.yaml:3:1 duplicate-key"},
		{"numbers as written may differ", "1: a\n1: b\n", "a.yaml:2:1 duplicate-key"},
		{"keys that are no text", "{true: 1, null: 2, [a]: 3}", "a.yaml:1:2 non-string-key\na.yaml:1:11 non-string-key\na.yaml:1:20 non-string-key"},
		{"unknown tags", "a: !rest 1\nb: !!binary aGk=\n", "a.yaml:1:4 unknown-tag\na.yaml:2:4 unknown-tag"},
		{"octal", "a: 0755\n", "a.yaml:1:4 ambiguous-number"},
		{"underscores", "a: 1_000\n", "a.yaml:1:4 ambiguous-number"},
		{"too large", "a: 9223372036854775808\nb: 1e999\n", "a.yaml:1:4 number-too-large\na.yaml:2:4 number-too-large"},
		{"not finite", "[.inf, -.INF, .nan]", "a.yaml:1:2 not-finite\na.yaml:1:8 not-finite\na.yaml:1:15 not-finite"},
		{"alias bomb", bomb(), "a.yaml:5:10 alias-bomb"},
		{"alias cycle", "a: &a [*a]\n", "a.yaml:1:8 alias-cycle"},
		{"merge of text", "a: {<<: b}\n", "a.yaml:1:9 bad-merge-key"},
		{"too deep", strings.Repeat("[", 200) + strings.Repeat("]", 200), "a.yaml:1:102 too-deep"},
		{"invalid UTF-8", "a: é\nb: \xff\n", "a.yaml:2:4 invalid-utf8"},
		{"byte order mark inside", "a: 1\n\ufeffb: 2\n", "a.yaml:2:1 byte-order-mark"},
		{"too large a file", "a: " + strings.Repeat("x", 1<<20), "a.yaml file-too-large"},
		{"the largest file", "a: " + strings.Repeat("x", 1<<20-3), ""},
		{"the deepest nesting", strings.Repeat("[", 101) + strings.Repeat("]", 101), ""},
		{"one level more", strings.Repeat("[", 102) + strings.Repeat("]", 102), "a.yaml:1:102 too-deep"},
		{"the most aliased values", "a: &a [" + strings.Repeat("x,", 9998) + "]\nb: *a\n", ""},
		{"one aliased value more", "a: &a [" + strings.Repeat("x,", 10_000) + "]\nb: *a\n", "a.yaml:2:4 alias-bomb"},
		{"the longest key", "? " + strings.Repeat("k", 4096) + "\n: 1\n", ""},
		{"a key that is longer", "? " + strings.Repeat("k", 4097) + "\n: 1\n", "a.yaml:1:3 over-limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := strictyaml.Parse("a.yaml", []byte(tt.in))
			var got []string
			for _, fault := range faults.Sorted() {
				got = append(got, strings.Replace(fault.Pos.String()+" "+fault.Code, " syntax", ": syntax", 1))
				if fault.Hint == "" {
					t.Errorf("%s has no hint", fault.Code)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got)\n%s%s", diff, faults.Error())
			}
		})
	}
}

// TestManyFaults are told in part.
func TestManyFaults(t *testing.T) {
	for faults, want := range map[int]int{1000: 1000, 1001: 1001, 5000: 1001} {
		if _, found := strictyaml.Parse("a.yaml", []byte("["+strings.Repeat("!x 1,", faults)+"]")); len(found) != want || !found.HasErrors() {
			t.Errorf("%d faults are told as %d", faults, len(found))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1\n", "a: &a [*a]\n", bomb(), "- {<<: [1]}\n", "? [a]\n: b\n", "a: !reset\n", "\t- x\n", "--- |\n x\n...\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		node, faults := strictyaml.Parse("a.yaml", data)
		if node != nil && count(node) > len(data)+10_100 {
			t.Errorf("%d bytes became %d values", len(data), count(node))
		}
		for _, fault := range faults {
			if fault.Code == "" || fault.Pos.File != "a.yaml" || fault.Hint == "" || len(fault.Error()) > 5*len(data)+1000 {
				t.Errorf("incomplete fault: %v", fault)
			}
		}
		if len(faults) > 1001 {
			t.Errorf("%d faults", len(faults))
		}
	})
}

func count(n *strictyaml.Node) int {
	sum := 1
	for _, field := range n.Fields {
		sum += count(field.Value)
	}
	for _, item := range n.Items {
		sum += count(item)
	}
	return sum
}
