package strictyaml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

type inner struct {
	Pos  diag.Pos      `yaml:",pos"`
	Name string        `yaml:"name"`
	For  time.Duration `yaml:"for"`
}

type outer struct {
	Count  *int              `yaml:"count"`
	On     bool              `yaml:"on"`
	Ratio  float64           `yaml:"ratio"`
	List   []string          `yaml:"list"`
	Labels map[string]string `yaml:"labels"`
	Inner  *inner            `yaml:"inner"`
	Raw    *strictyaml.Node  `yaml:"raw"`
}

func TestDecode(t *testing.T) {
	node, _ := strictyaml.Parse("a.yaml", []byte("count: 3\non: true\nratio: 2\nlist: [a]\nlabels: {x: y}\ninner: {name: n, for: 2m}\nraw: [1]\n"))
	var got outer
	if faults := strictyaml.Decode(node, &got); len(faults) > 0 {
		t.Fatal(faults)
	}
	three := 3
	want := outer{Count: &three, On: true, Ratio: 2, List: []string{"a"}, Labels: map[string]string{"x": "y"},
		Inner: &inner{diag.Pos{File: "a.yaml", Line: 6, Col: 1}, "n", 2 * time.Minute}, Raw: got.Raw}
	if diff := cmp.Diff(want, got); diff != "" || got.Raw.Kind != strictyaml.List {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecodeFaults(t *testing.T) {
	node, _ := strictyaml.Parse("a.yaml", []byte("coutn: 3\non: yes\nratio: x\nlist: a\nlabels: {x: 1}\ninner: {name: [], for: 5}\ncount: 1.5\n"))
	var got outer
	want := `
a.yaml:1:1: unknown key "coutn"
	hint: did you mean "count"?
a.yaml:2:5: want true or false, not text
	hint: write true or false without quotes
a.yaml:3:8: want a number, not text
	hint: write a number without quotes
a.yaml:4:7: want a list, not text
	hint: write a list: [a, b]
a.yaml:5:13: want text, not a number
	hint: quote it: "1"
a.yaml:6:15: want text, not a list
	hint: write one word or a quoted text
a.yaml:6:24: want a duration, not a number
	hint: give a number and a unit: 30s, 10m, 1h
a.yaml:7:8: want a whole number, not a number
	hint: write a whole number without quotes`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), strictyaml.Decode(node, &got).Sorted().Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
