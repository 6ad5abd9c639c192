package forge

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

// OwnContexts is what the contexts of our own statuses begin with.
const OwnContexts = "sluice/"

// Checks are the contexts that others have set on a commit, by what they say; each list is sorted. The zero value holds none.
type Checks struct {
	Passed, Pending, Failed []string
}

// State returns what they say together: a failure when one has failed, else pending when one is under way, else a success; a success as
// well when there are none.
func (c Checks) State() record.StatusState {
	switch {
	case len(c.Failed) > 0:
		return record.StatusFailure
	case len(c.Pending) > 0:
		return record.StatusPending
	}
	return record.StatusSuccess
}

// verdict is what a forge's word for a state means to us.
type verdict int

const (
	failed verdict = iota // what we don't know counts as a failure: it must not let anything through
	waiting
	passed
)

// tally adds one context, unless it is ours.
func (c *Checks) tally(context string, v verdict) {
	if strings.HasPrefix(context, OwnContexts) {
		return
	}
	list := map[verdict]*[]string{failed: &c.Failed, waiting: &c.Pending, passed: &c.Passed}[v]
	if at, known := slices.BinarySearch(*list, context); !known {
		*list = slices.Insert(*list, at, context)
	}
}
