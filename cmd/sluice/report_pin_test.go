package main

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
)

// TestAReportShowsPinnedFaultsAtThePin annotates what stands in the checkout.
func TestAReportShowsPinnedFaultsAtThePin(t *testing.T) {
	pinned := diag.Errorf(diag.Pos{File: "base/a.yaml", Line: 9, Col: 3, Revision: strings.Repeat("ab", 20)}, "unknown-field", "x is unknown").
		WithAlso(diag.Pos{File: "environments/prod/environment.yaml", Line: 4, Col: 15}, "pinned at")
	plain := diag.Errorf(diag.Pos{File: "base/b.yaml", Line: 1, Col: 1}, "unknown-field", "y is unknown").
		WithAlso(diag.Pos{File: "base/c.yaml", Line: 2, Col: 2}, "overrides")
	text := report{faults: atPins(diag.List{pinned, plain})}.github()
	for _, want := range []string{
		"file=environments/prod/environment.yaml,line=4,col=15,", "::base/a.yaml:9:3@abababa: x is unknown", "file=base/b.yaml,line=1,col=1,",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
