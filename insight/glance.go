package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// defaultGroups is how many gateway groups of a wave are shown where nobody says, mostGroups the most that are.
const (
	defaultGroups = 24
	mostGroups    = 500
)

// Overview answers what runs where. It shows at most so many gateway groups of each wave (0: 24, at most 500), and reads no file.
func (m *Model) Overview(groupsPerWave int) Overview {
	status := m.status()
	o := Overview{
		Repository: m.config.Repository, Branch: m.config.Branch, Role: "alone", Ready: true,
		Head: m.commit(status.Head), Trouble: m.troubles(status), Environments: []Environment{},
	}
	if m.config.Ready != nil {
		o.Ready = m.config.Ready()
	}
	if m.config.Role != nil {
		o.Role, o.Leader = m.config.Role()
	}
	stages := stagesOf(status)
	for _, env := range status.Environments {
		o.Environments = append(o.Environments, m.environment(env, stages[env.Name], bounded(groupsPerWave, defaultGroups, mostGroups)))
	}
	slices.SortStableFunc(o.Environments, func(a, b Environment) int { return cmp.Compare(a.Stage, b.Stage) })
	return o
}

// bounded returns what was asked for, the default where nothing was, and never more than the most.
func bounded(asked, otherwise, most int) int {
	if asked <= 0 {
		asked = otherwise
	}
	return min(asked, most)
}

// status is the status, with the stages and waves that a replica without a reconciler has to read from the config repo.
func (m *Model) status() reconciler.Status {
	status := m.config.Status()
	laid := slices.ContainsFunc(status.Environments, func(env reconciler.EnvironmentStatus) bool {
		return len(env.After) > 0 || slices.ContainsFunc(env.Groups, func(g reconciler.GroupStatus) bool { return g.Wave > 0 })
	})
	if laid || status.Head == "" {
		return status
	}
	layout, err := m.layout(context.Background(), status.Head)
	if err != nil {
		return status // without them it is as true
	}
	for i := range status.Environments {
		env := &status.Environments[i]
		found, ok := layout.tree.Find(env.Name)
		if !ok {
			continue
		}
		env.After = found.After
		wave := map[string]int{}
		for at, names := range found.Waves {
			for _, name := range names {
				wave[name] = at + 1
			}
		}
		for j := range env.Groups {
			env.Groups[j].Wave = wave[env.Groups[j].Name]
		}
	}
	return status
}

// stagesOf numbers the environments: one stands a stage behind the last of those that it comes after. What comes after itself stands where
// it is met.
func stagesOf(status reconciler.Status) map[string]int {
	stages := map[string]int{}
	var stage func(name string) int
	stage = func(name string) int {
		if at, known := stages[name]; known {
			return at
		}
		env, ok := status.Environment(name)
		if !ok {
			return 0
		}
		stages[name] = 1
		at := 1
		for _, before := range env.After {
			at = max(at, stage(before)+1)
		}
		stages[name] = at
		return at
	}
	for _, env := range status.Environments {
		stage(env.Name)
	}
	return stages
}

func (m *Model) environment(env reconciler.EnvironmentStatus, stage, groups int) Environment {
	e := Environment{
		Name: env.Name, Stage: stage, After: env.After, State: env.State, Final: record.State(env.State).Final(), Text: env.Text,
		Detail: env.Detail, Paused: m.pause(env), Since: env.Since, Until: env.Until, Target: m.commit(env.Target),
		Applied: m.commit(env.Applied), Waves: []Wave{},
	}
	if last, ok := m.config.Past.LastApplied(env.Name, ""); ok && last.Commit == env.Applied {
		e.AppliedSince = last.Finished
	}
	for _, line := range linesOf(env) {
		if n := len(e.Waves); n == 0 || e.Waves[n-1].Number != line.Wave {
			e.Waves = append(e.Waves, Wave{Number: line.Wave})
		}
		wave := &e.Waves[len(e.Waves)-1]
		wave.Groups = append(wave.Groups, line)
		wave.Counts.add(line)
		e.Counts.add(line)
	}
	for i := range e.Waves {
		e.Waves[i].cut(groups)
	}
	return e
}

// linesOf returns the groups of an environment in the order of waves and names.
func linesOf(env reconciler.EnvironmentStatus) []GroupLine {
	lines := make([]GroupLine, 0, len(env.Groups))
	for _, g := range env.Groups {
		line := GroupLine{
			Name: g.Name, Wave: g.Wave, State: g.State, Error: g.Error, Applied: g.Applied, Digest: g.Digest, Canary: g.Canary, Holder: g.Holder, Drift: g.Drift, Ignored: g.Ignored,
		}
		line.Current = g.Applied != "" && g.Applied == env.Target && g.Error == "" && g.Drift == 0
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b GroupLine) int { return cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Name, b.Name)) })
	return lines
}

func (c *Counts) add(g GroupLine) {
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	c.Groups++
	c.Drift += g.Drift
	count(&c.Current, g.Current)
	count(&c.Behind, !g.Current && g.Error == "" && g.Drift == 0)
	count(&c.Failing, g.Error != "")
	count(&c.Drifting, g.Drift > 0)
	count(&c.Canary, g.Canary != "")
}

// cut leaves out all groups but so many, those in trouble last.
func (w *Wave) cut(groups int) {
	slices.SortStableFunc(w.Groups, func(a, b GroupLine) int { return cmp.Compare(a.rank(), b.rank()) })
	if more := len(w.Groups) - groups; more > 0 {
		w.Groups, w.More = slices.Clone(w.Groups[:groups]), more
	}
}

// rank orders groups by how much they need somebody to look at them.
func (g GroupLine) rank() int {
	switch {
	case g.Error != "":
		return 0
	case g.Drift > 0:
		return 1
	case !g.Current:
		return 2
	}
	return 3
}

// pause says why an environment stands still; nil when it does not.
func (m *Model) pause(env reconciler.EnvironmentStatus) *Pause {
	if p, ok := m.config.Past.Paused(env.Name); ok {
		text := cmp.Or(env.Paused, "paused: "+p.Reason+" (by "+p.By+")")
		return &Pause{Text: text, By: p.By, Until: p.Until, Call: true}
	}
	if env.Paused == "" || !strings.Contains(env.Paused, "(by Git)") {
		return nil // a call has ended it, which the next pass shows
	}
	return &Pause{Text: env.Paused, By: "Git"}
}

// Groups lists gateway groups.
func (m *Model) Groups(q GroupQuery) (GroupList, error) {
	keep, ok := map[string]func(GroupLine) bool{
		"": func(GroupLine) bool { return true }, "failing": func(g GroupLine) bool { return g.Error != "" },
		"behind": func(g GroupLine) bool { return !g.Current && g.Error == "" && g.Drift == 0 }, "drifting": func(g GroupLine) bool { return g.Drift > 0 },
		"canary": func(g GroupLine) bool { return g.Canary != "" },
	}[q.Only]
	if !ok {
		return GroupList{}, &QueryError{"only", "want failing, behind, drifting or canary"}
	}
	status := m.status()
	if _, known := status.Environment(q.Environment); !known && q.Environment != "" {
		return GroupList{}, &NotFoundError{"environment " + q.Environment}
	}
	stages, text := stagesOf(status), strings.ToLower(q.Text)
	slices.SortStableFunc(status.Environments, func(a, b reconciler.EnvironmentStatus) int { return cmp.Compare(stages[a.Name], stages[b.Name]) })
	var all []PlacedGroup
	for _, env := range status.Environments {
		if q.Environment != "" && q.Environment != env.Name {
			continue
		}
		for _, line := range linesOf(env) {
			if keep(line) && strings.Contains(strings.ToLower(line.Name), text) {
				all = append(all, PlacedGroup{env.Name, line})
			}
		}
	}
	groups, page := paged(all, q.Page, 100, mostGroups)
	return GroupList{groups, page}, nil
}

// paged returns the part of a list that was asked for, never nil, and which that is.
func paged[T any](all []T, asked Page, otherwise, most int) ([]T, Page) {
	page := Page{Offset: min(max(asked.Offset, 0), len(all)), Limit: bounded(asked.Limit, otherwise, most), Total: len(all)}
	return append([]T{}, all[page.Offset:min(page.Offset+page.Limit, len(all))]...), page
}
