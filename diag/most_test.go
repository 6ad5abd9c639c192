package diag_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
)

func TestAtMost(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "a.yaml", Line: line, Col: 1} }
	list := diag.List{diag.Warningf(at(1), "w", "odd"), diag.Errorf(at(2), "e", "bad"), diag.Errorf(at(3), "e", "worse")}
	if diff := cmp.Diff(list, list.AtMost(3)); diff != "" {
		t.Errorf("at the limit (-want +got)\n%s", diff)
	}
	want := "a.yaml:2:1: bad\na.yaml:3:1: worse\na.yaml:3:1: there are more faults than the 2 that are listed\n\thint: mend those first"
	if diff := cmp.Diff(want, list.AtMost(2).Error()); diff != "" {
		t.Errorf("beyond the limit (-want +got)\n%s", diff)
	}
}

// TestAtMostLosesNoError holds that what is left out is said, that a list which stops the work goes on doing so, and that a list
// which was cut before can be cut again.
func TestAtMostLosesNoError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list diag.List
		for i, failing := range rapid.SliceOfN(rapid.Bool(), 0, 12).Draw(t, "faults") {
			make := diag.Warningf
			if failing {
				make = diag.Errorf
			}
			list.Add(make(diag.Pos{File: fmt.Sprint(i)}, "c", "x"))
		}
		most := rapid.IntRange(1, 12).Draw(t, "most")
		cut := list.AtMost(most)
		if cut.HasErrors() != list.HasErrors() || len(cut) > most+1 || len(list) > most && len(cut) != most+1 {
			t.Fatalf("%d of %v became %v", most, list, cut)
		}
		if diff := cmp.Diff(cut, cut.AtMost(most)); diff != "" {
			t.Fatalf("cutting twice (-once +twice)\n%s", diff)
		}
		var grown diag.List
		for _, d := range rapid.Permutation(list).Draw(t, "order") {
			grown = append(grown, d).Sorted().AtMost(most)
		}
		if diff := cmp.Diff(list.Sorted().AtMost(most), grown.Sorted().AtMost(most)); diff != "" {
			t.Fatalf("cutting at the end and on the way differ (-end +way)\n%s", diff)
		}
	})
}
