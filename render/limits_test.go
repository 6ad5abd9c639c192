package render

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// renderWithin renders a config repo of one environment under some limits.
func renderWithin(l limits, files map[string]string) (gateway.State, diag.List) {
	repo := fstest.MapFS{}
	files["sluice.yaml"] = "version: 1\n"
	if files["environments/test/environment.yaml"] == "" {
		files["environments/test/environment.yaml"] = "extends: [base]\ngroups: [test-eu]\n"
	}
	for name, text := range files {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	r := New()
	r.limits = l
	tree := environments.Load(repo)
	env, _ := tree.Find("test")
	return r.Render(repo, tree, env, "test-eu", nil)
}

// TestLimits holds each limit of a gateway group: what is exactly that much is rendered, and one more is a fault with a place and a
// cure.
func TestLimits(t *testing.T) {
	const upstream = "{nodes: {\"h:1\": 1}}"
	tests := []struct {
		name  string
		limit func(*limits) *int
		least int // the limit at which the files are still rendered
		place string
		files map[string]string
	}{
		{"files", func(l *limits) *int { return &l.files }, 3, "environments/test/environment.yaml", map[string]string{
			"base/a.yaml": "upstreams: {a: " + upstream + "}", "base/b.yaml": "upstreams: {b: " + upstream + "}", "base/c.yml": ""}},
		{"values", func(l *limits) *int { return &l.values }, 3, "environments/test/environment.yaml", map[string]string{
			"base/a.yaml": "upstreams: {a: " + upstream + "}"}},
		{"resources", func(l *limits) *int { return &l.resources }, 2, "environments/test/environment.yaml", map[string]string{
			"base/a.yaml": "upstreams: {a: " + upstream + ", b: " + upstream + "}"}},
		{"bytes of text", func(l *limits) *int { return &l.text }, 20, "base/a.yaml:2:38", map[string]string{
			"base/a.yaml": "vars: {x: abcdefghij}\nupstreams: {a: {nodes: {h: 1}, desc: \"${vars.x}${vars.x}\"}}"}},
		{"bytes of resources", func(l *limits) *int { return &l.state }, 26, "environments/test/environment.yaml", map[string]string{
			"base/a.yaml": "upstreams: {a: {nodes: {h: 1}}}"}},
		{"values of resources", func(l *limits) *int { return &l.built }, 6, "environments/test/environment.yaml", map[string]string{
			"base/a.yaml": "upstreams: {a: " + upstream + ", b: " + upstream + "}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := standardLimits()
			*tt.limit(&l) = tt.least
			if _, faults := renderWithin(l, tt.files); faults.HasErrors() {
				t.Fatalf("at the limit: %v", faults)
			}
			*tt.limit(&l)--
			state, faults := renderWithin(l, tt.files)
			if state != nil || len(faults) != 1 {
				t.Fatalf("beyond the limit: %d resources, faults %v", len(state), faults)
			}
			if got := faults[0]; got.Code != "over-limit" || got.Hint == "" || got.Pos.String() != tt.place {
				t.Errorf("%s at %s: %v", got.Code, got.Pos, got)
			}
		})
	}
}

// TestMergingHasALimit counts a value once for each layer that it passes.
func TestMergingHasALimit(t *testing.T) {
	files := map[string]string{"environments/test/environment.yaml": "extends: [l0, l1, l2]\ngroups: [test-eu]\n"}
	for i := range 3 {
		files[fmt.Sprintf("l%d/a.yaml", i)] = fmt.Sprintf("upstreams: {a: {nodes: {\"h:1\": 1}, labels: {k%d: v}}}", i)
	}
	l := standardLimits()
	for l.merged = 0; ; l.merged++ {
		_, faults := renderWithin(l, files)
		if !faults.HasErrors() {
			break
		}
		if len(faults) != 1 || faults[0].Code != "over-limit" || faults[0].Pos.File != "environments/test/environment.yaml" {
			t.Fatalf("%d bytes: %v", l.merged, faults)
		}
	}
	if l.merged < 100 || l.merged > 200 {
		t.Errorf("three small layers merge within %d bytes", l.merged)
	}
}

// TestLimitsAreDocumented holds the table of limits in docs/config.md to the numbers here.
func TestLimitsAreDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	l := standardLimits()
	for what, number := range map[string]string{
		"files in the layers of a gateway group":                            grouped(l.files),
		"values in those files":                                             grouped(l.values),
		"resources that the layers of a gateway group speak of":             grouped(l.resources),
		"text that variables put into one gateway group":                    mebibytes(l.text),
		"what merging goes through, a value once for each layer it passes":  mebibytes(l.merged),
		"the resources of a gateway group":                                  mebibytes(l.state) + ", " + grouped(l.built) + " values",
		"faults that are told of one file, one layer and one gateway group": grouped(mostFaults),
		"a text after variables are put in":                                 mebibytes(maxText),
		"variables that refer to each other in a row":                       grouped(maxChain),
	} {
		if row := "| " + what + " | " + number + " |"; !strings.Contains(string(data), row) {
			t.Errorf("docs/config.md has no row %s", row)
		}
	}
}

// grouped writes a number with commas between its thousands.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func mebibytes(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
