package insight

import (
	"cmp"
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
	if m.config.Webhooks != nil {
		o.Webhooks = m.config.Webhooks()
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

// failing reports whether something is wrong with a group. That a guard holds it is not: it is behind then.
func (g GroupLine) failing() bool {
	return g.Error != "" && !strings.HasPrefix(g.Error, string(record.Held)+": ")
}

func (g GroupLine) behind() bool { return !g.Current && !g.failing() && g.Drift == 0 }

func (c *Counts) add(g GroupLine) {
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	c.Groups++
	c.Drift += g.Drift
	count(&c.Current, g.Current)
	count(&c.Behind, g.behind())
	count(&c.Failing, g.failing())
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
