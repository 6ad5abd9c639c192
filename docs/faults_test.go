package docs_test

import (
	"testing"

	"github.com/sluice-gitops/sluice/docs"
)

func TestFaultsAreWhole(t *testing.T) {
	faults := docs.Faults()
	if len(faults) < 100 {
		t.Fatalf("only %d faults found: the search is broken", len(faults))
	}
	for code, fault := range faults {
		if fault.Code != code || fault.Text == "" || fault.Example == "" || fault.Cure == "" {
			t.Errorf("errors.md: the section %q lacks its text, an example or a line that begins with Cure:\n%+v", code, fault)
		}
	}
}
