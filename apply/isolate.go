package apply

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// frontier is where a run stands after failures: what can't be built upon, and what can't be taken away. It is not safe for
// use by several goroutines at once.
type frontier struct {
	unwritten map[gateway.Key]string      // resources that are not as planned, and why, as "which the gateway refused"
	needed    map[gateway.Key]gateway.Key // resources that must stay, and who still refers to them
	failed    bool                        // a change of expand or switch did not go through
}

func newFrontier() frontier {
	return frontier{unwritten: map[gateway.Key]string{}, needed: map[gateway.Key]gateway.Key{}}
}

// block says why c must not be tried; "" when it may.
func (f *frontier) block(phase plan.Phase, c plan.Change) string {
	if phase == plan.Contract && f.failed {
		return "nothing is removed after a failure: what was not written may still need it"
	}
	if why, found := f.unwritten[c.Key]; found {
		return fmt.Sprintf("follows an earlier change of %s, %s", c.Key, why)
	}
	if c.Op == plan.Delete {
		return f.blockDelete(c)
	}
	if len(f.unwritten) == 0 {
		return "" // to look for references costs more than all else that is done for a change
	}
	for _, key := range slices.Concat(references(c.New), c.Needs) {
		if why, found := f.unwritten[key]; found {
			return fmt.Sprintf("needs %s, %s", key, why)
		}
	}
	return ""
}

func (f *frontier) blockDelete(c plan.Change) string {
	if by, found := f.needed[c.Key]; found {
		return fmt.Sprintf("%s still refers to it", by)
	}
	return ""
}

// missed notes that c did not go through. Because a run goes in dependency order, what follows from it is seen in time.
func (f *frontier) missed(phase plan.Phase, c plan.Change, why string) {
	f.failed = f.failed || phase != plan.Contract
	f.unwritten[c.Key] = why
	for _, key := range references(c.Old) {
		f.needed[key] = c.Key
	}
}
