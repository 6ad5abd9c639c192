package insight

import (
	"cmp"
	"slices"

	"github.com/sluice-gitops/sluice/record"
)

// groups tells what the commit came to in each gateway group, those in trouble first where they are too many.
func (r *turnReader) groups(t *Turn) {
	newest, waves := map[string]record.Entry{}, r.waves()
	for _, e := range r.entries {
		if _, known := newest[e.Group]; !known && e.Group != "" {
			newest[e.Group] = e
		}
	}
	t.Groups = []TurnGroup{}
	for _, line := range linesOf(r.env) {
		g := TurnGroup{Name: line.Name, Wave: line.Wave}
		if e, ok := newest[line.Name]; ok {
			g = groupOf(e, line.Wave)
			delete(newest, line.Name)
		}
		g.Runs = line.Applied == r.hash
		if r.env.Target == r.hash && !t.Final {
			g.Error, g.Canary = cmp.Or(line.Error, g.Error), line.Canary
			if line.Applied == r.hash || !record.State(line.State).Final() { // else it is of what was given to it before
				g.State = cmp.Or(g.State, line.State)
			}
		}
		t.Groups = append(t.Groups, g)
	}
	for _, e := range newest { // groups that the environment has no longer
		t.Groups = append(t.Groups, groupOf(e, waves[e.Group]))
	}
	if len(t.Groups) > turnShown {
		slices.SortStableFunc(t.Groups, func(a, b TurnGroup) int { return cmp.Compare(a.rank(), b.rank()) })
		t.Groups, t.MoreGroups = t.Groups[:turnShown], len(t.Groups)-turnShown
	}
	slices.SortStableFunc(t.Groups, func(a, b TurnGroup) int { return cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Name, b.Name)) })
}

func (r *turnReader) waves() map[string]int {
	waves := map[string]int{}
	for _, group := range r.env.Groups {
		waves[group.Name] = group.Wave
	}
	return waves
}

func groupOf(e record.Entry, wave int) TurnGroup {
	g := TurnGroup{
		Name: e.Group, Wave: wave, State: string(e.State), Started: e.Started, Finished: e.Finished, Created: e.Created, Updated: e.Updated,
		Deleted: e.Deleted, Adopted: e.Adopted, Failed: e.Failed, Confirmed: e.Confirmed, Error: e.Error,
	}
	if e.Reason == "canary" {
		g.Canary = e.Text
	}
	return g
}

func (g TurnGroup) rank() int {
	switch {
	case g.Error != "" || g.Failed > 0:
		return 0
	case g.State != "":
		return 1
	}
	return 2
}
