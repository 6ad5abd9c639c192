package forge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
)

// shown returns the annotations that a pull request shows of ours, without what hides in them.
func shown(there *forgetest.Forge, p forgetest.Pull) []forge.Annotation {
	all := there.Report(p.Head)
	for _, c := range there.Comments(p.Number) {
		if c.Path != "" {
			all = append(all, c)
		}
	}
	var shown []forge.Annotation
	for _, c := range all {
		text := c.Body
		if _, rest, hidden := strings.Cut(text, "-->\n"); hidden {
			text = rest
		}
		shown = append(shown, forge.Annotation{Path: c.Path, Line: c.Line, Text: text})
	}
	return shown
}

func TestAnnotationsAreThoseOfTheLastPlan(t *testing.T) {
	onEach(t, func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge) {
		there.Changes("routes.yaml", 3, 4, 5)
		p := there.Opened("ann", "change", false)
		annotate := func(all ...forge.Annotation) []forge.Annotation {
			t.Helper()
			left, err := f.(forge.Annotator).Annotate(t.Context(), forge.Pull{Number: p.Number, Head: p.Head}, "sluice-faults", all)
			if err != nil {
				t.Fatal(err)
			}
			return left
		}
		stays := forge.Annotation{Path: "routes.yaml", Line: 3, Text: "no such upstream"}
		goes := forge.Annotation{Path: "routes.yaml", Line: 4, Text: "unknown field"}
		elsewhere := forge.Annotation{Path: "plugins.yaml", Line: 9, Text: "unknown plugin"}
		annotate(stays, goes)
		left := annotate(stays, elsewhere)
		want, wantLeft := []forge.Annotation{stays}, []forge.Annotation{elsewhere}
		if kind != forge.GitHub && kind != forge.GitLab { // the others take any line
			want, wantLeft = []forge.Annotation{stays, elsewhere}, nil
		}
		if diff := cmp.Diff(want, shown(there, p)) + cmp.Diff(wantLeft, left); diff != "" {
			t.Errorf("shown, and left (-want +got):\n%s", diff)
		}
		if annotate(); len(shown(there, p)) > 0 {
			t.Errorf("still shown: %+v", shown(there, p))
		}
	})
}

func TestAnnotationsAreFew(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		p := there.Opened("ann", "change", false)
		var all []forge.Annotation
		var lines []int
		for line := 1; line <= forge.MostAnnotations+3; line++ {
			all, lines = append(all, forge.Annotation{Path: "routes.yaml", Line: line, Text: fmt.Sprint("fault ", line)}), append(lines, line)
		}
		there.Changes("routes.yaml", lines...)
		left, err := f.(forge.Annotator).Annotate(t.Context(), forge.Pull{Number: p.Number, Head: p.Head}, "sluice-faults", all)
		if diff := cmp.Diff(all[forge.MostAnnotations:], left); diff != "" || err != nil {
			t.Errorf("left (-want +got):\n%s%v", diff, err)
		}
		if got := len(shown(there, p)); got != forge.MostAnnotations {
			t.Errorf("%d are shown", got)
		}
	})
}
