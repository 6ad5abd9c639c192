package reconciler

import (
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// counted is the entry by which a group took the commit, with what the commit has changed in it. Where it went in steps the entry has the last
// write alone: what counts is what the first step began with, and where they led to.
func (w *work) counted(p *groupPlan, entry record.Entry) record.Entry {
	if w.courses[p.group.Name].Empty() || entry.Reason != "commit" {
		return entry
	}
	before := w.before[p.group.Name]
	entry.Created, entry.Updated, entry.Deleted = 0, 0, 0
	for key, next := range p.desired {
		switch old, had := before[key]; {
		case !had:
			entry.Created++
		case !gateway.Equal(old.Spec, next.Spec):
			entry.Updated++
		}
	}
	for key := range before {
		if _, has := p.desired[key]; !has {
			entry.Deleted++
		}
	}
	return entry
}
