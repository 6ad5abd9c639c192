package reconciler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// Somebody who undoes what is healed so often within so long wins: two who write by turns harm more than drift.
const (
	mostHeals = 5
	healsIn   = time.Hour
)

// undone names the resources of a plan that were healed again and again at this commit, and were changed back each time.
func (r *Reconciler) undone(w *work, p *groupPlan) ([]string, error) {
	if !p.drift || p.plan.Empty() || p.refills() || len(p.rotated) > 0 || w.again || w.undoing != "" {
		return nil, nil
	}
	heals, err := r.heals(w, p.group.Name)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var names []string
	for _, change := range p.plan.Changes() {
		if heals[change.Key] >= mostHeals {
			names = append(names, change.Key.String())
		}
	}
	return names, nil
}

// refills reports whether the group has nothing of what it was given: it was not changed, it was lost.
func (g *groupPlan) refills() bool {
	changes := g.plan.Changes()
	return len(changes) == len(g.desired) && !slices.ContainsFunc(changes, func(c plan.Change) bool { return c.Op != plan.Create })
}

// heals counts how often each resource of a group was healed of late, at the commit that it runs.
func (r *Reconciler) heals(w *work, group string) (map[gateway.Key]int, error) {
	const enough = 16 * mostHeals
	entries, err := r.past.Entries(record.Filter{Environment: w.env.Name, Group: group, Limit: enough})
	if err != nil {
		return nil, err
	}
	heals := map[gateway.Key]int{}
	for _, e := range entries {
		if e.Commit != w.commit() || time.Since(e.Finished) > healsIn {
			break
		}
		if e.Reason != "drift" || e.State != record.Applied {
			continue
		}
		for _, change := range e.Changes {
			heals[change.Key]++
		}
	}
	return heals, nil
}

// leaveUndone tells of drift that is no longer healed because somebody keeps undoing it, and leaves the group.
func (r *Reconciler) leaveUndone(w *work, p *groupPlan, names []string) {
	err := fmt.Errorf("healing stopped: %s changed back %d times within an hour; a new commit or SIGUSR1 heals again",
		some(names), mostHeals)
	r.log.Error("drift is no longer healed: somebody keeps undoing it", zap.String("env", w.env.Name), zap.String("group", p.group.Name),
		zap.Strings("keys", names))
	w.memo.saw(p.group.Name, sight{})
	r.board.setDrift(w.env.Name, p.group.Name, len(p.plan.Changes()))
	r.board.setGroupError(w.env.Name, p.group.Name, err)
	r.tellDrift(w, record.Applied, "drift on "+p.group.Name+": "+err.Error())
}

// some names the first of a list, as the subject of a sentence in the past.
func some(names []string) string {
	slices.Sort(names)
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more were", strings.Join(names[:3], ", "), len(names)-3)
	}
	if len(names) == 1 {
		return names[0] + " was"
	}
	return strings.Join(names, ", ") + " were"
}
