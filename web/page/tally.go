package page

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

// tally says what an entry wrote; empty when it wrote nothing.
func tally(e record.Entry) string {
	return tallied(e.Created, e.Updated, e.Deleted, e.Adopted, e.Failed)
}

// listed says how many changes of an entry are listed, and of how many where some are left out.
func listed(e record.Entry) string {
	shown, all := len(e.Changes), e.Created+e.Updated+e.Deleted+e.Adopted+e.Failed
	if shown >= all {
		return count(shown, "change", "changes")
	}
	return fmt.Sprintf("%s of %s", grouped(shown), count(all, "change", "changes"))
}

func tallied(created, updated, deleted, adopted, failed int) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{created, "created"}, {updated, "updated"}, {deleted, "deleted"}, {adopted, "adopted"}, {failed, "failed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(p.n), p.word))
		}
	}
	return strings.Join(parts, ", ")
}
