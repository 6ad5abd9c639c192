package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/source"
)

// pin says at which commit an environment reads the base layer. The zero value reads it as it is.
type pin struct {
	commit string
	sets   []int // that are there, in order
}

// movePin promotes a commit to an environment by its pin, takes it back, or takes the pin away.
func (w *world) movePin() {
	c := w.remote.head.content.clone()
	c.broken, c.only, c.bad = "", "", nil
	name := pick(w.dice, c.stands...).name
	r := c.rollouts[name]
	if r.pin = (pin{}); w.dice.IntN(3) > 0 {
		to := w.remote.head
		for range w.dice.IntN(6) {
			to = cmp.Or(to.parent, to)
		}
		r.pin = pin{to.Commit.Hash, slices.Sorted(maps.Keys(to.content.sets))}
	}
	c.rollouts[name] = r
	w.push(w.remote.head, c, fmt.Sprintf("%s reads %.7s", name, r.pin.commit))
}

// layers are what an environment extends.
func (p pin) layers() []any {
	if p.commit == "" {
		return []any{"base"}
	}
	return []any{map[string]any{"path": "base", "revision": p.commit}}
}

// first is the lowest set that an environment has; false when it has none.
func (c content) first(environment string) (int, bool) {
	sets := slices.Sorted(maps.Keys(c.sets))
	if p := c.rollouts[environment].pin; p.commit != "" {
		sets = p.sets
	}
	if len(sets) == 0 {
		return 0, false
	}
	return sets[0], true
}

// past opens the commits that lead to one.
func (r *remote) past(head *revision) environments.Past {
	return func(text string) (source.Snapshot, error) {
		if !isAncestor(text, head) {
			return source.Snapshot{}, fmt.Errorf("commit %s: %w", text, source.ErrNotAncestor)
		}
		return r.all[text].Snapshot, nil
	}
}

// checkPin wants a group to have just the routes of the commit that is pinned.
func (w *world) checkPin(group string, p pin) {
	for number := range mostSets {
		_, is := w.sites[group].live[gateway.Key{Kind: gateway.Routes, ID: name("r", number)}]
		if p.commit != "" && slices.Contains(p.sets, number) != is {
			w.breach("%s: set %d is there: %v, and the pin to %.7s has %v", group, number, is, p.commit, p.sets)
		}
	}
}
