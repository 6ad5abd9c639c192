package page

import (
	"testing"

	"github.com/sluice-gitops/sluice/record"
)

func TestTally(t *testing.T) {
	for name, c := range map[string]struct {
		entry         record.Entry
		tally, listed string
	}{
		"nothing":       {record.Entry{}, "", "0 changes"},
		"one of each":   {record.Entry{Created: 1, Updated: 1, Deleted: 1, Adopted: 1, Failed: 1, Changes: make([]record.ChangeLine, 5)}, "1 created, 1 updated, 1 deleted, 1 adopted, 1 failed", "5 changes"},
		"some left out": {record.Entry{Created: 10001, Changes: make([]record.ChangeLine, 100)}, "10,001 created", "100 of 10,001 changes"},
		"a single one":  {record.Entry{Updated: 1, Changes: make([]record.ChangeLine, 1)}, "1 updated", "1 change"},
	} {
		if got := tally(c.entry); got != c.tally {
			t.Errorf("%s: %q, want %q", name, got, c.tally)
		}
		if got := listed(c.entry); got != c.listed {
			t.Errorf("%s: %q, want %q", name, got, c.listed)
		}
	}
}
