package insight

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/skew"
)

// The bounds of a comparison.
const (
	comparedGroups    = 64   // gateway groups of an environment
	comparedResources = 2000 // resources that differ
	shownResources    = 50   // on a page, where nobody says
	mostResources     = 200  // on a page
)

// compared is what a comparison has come to.
type compared struct {
	differences []skew.Difference // at most comparedResources
	counts      map[skew.Op]int   // of all
	meant       int
	more        int // gateway groups that were left out
	err         error
}

// Changes answers what a commit changes in an environment: what the config repo says at it against what it said at the commit that ran
// before. Secrets show as ***. The errors are those of Turn; that there is no comparison is said in the answer.
func (m *Model) Changes(ctx context.Context, environment, commit string, page Page) (Comparison, error) {
	hash, err := m.resolve(commit)
	if err != nil {
		return Comparison{}, err
	}
	r := turnReader{m: m, status: m.status(), hash: hash}
	if err := r.read(ctx, environment); err != nil {
		return Comparison{}, err
	}
	before, err := r.before(ctx)
	if err != nil {
		return Comparison{}, err
	}
	return m.between(ctx, environment, before, hash, page)
}

// SkewAt answers what an environment wants at a commit that it did not want at another one.
func (m *Model) SkewAt(ctx context.Context, environment, firstCommit, secondCommit string, page Page) (Comparison, error) {
	first, err := m.resolveAs("first", firstCommit)
	if err != nil {
		return Comparison{}, err
	}
	second, err := m.resolveAs("second", secondCommit)
	if err != nil {
		return Comparison{}, err
	}
	if !slices.Contains(m.environments(), environment) {
		return Comparison{}, &NotFoundError{"environment " + environment}
	}
	return m.between(ctx, environment, first, second, page)
}

// written takes the marks of what is meant away: between two commits somebody wrote whatever differs.
func written(all []skew.Difference) []skew.Difference {
	for _, d := range all {
		for i := range d.Fields {
			d.Fields[i].Meant = false
		}
	}
	return all
}

// environments names those of the status, in their stages, and then those that only the journal knows.
func (m *Model) environments() []string {
	names := []string{}
	for _, env := range m.config.Status().Environments {
		names = append(names, env.Name)
	}
	for _, name := range m.config.Past.Environments() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// between compares an environment at two commits. An empty first one stands for nothing at all.
func (m *Model) between(ctx context.Context, environment, first, second string, page Page) (Comparison, error) {
	c := Comparison{
		First: first, Second: second, FirstCommit: m.commit(first), SecondCommit: m.commit(second), Environment: environment,
	}
	found, err := m.keptComparison(ctx, "commits "+environment+" "+first+" "+second, func(ctx context.Context) compared {
		return m.compare(ctx, [2]string{environment, environment}, [2]string{first, second}, func(a, b skew.Side) ([]skew.Difference, int) {
			return written(skew.Commits(a, b)), 0
		})
	})
	return m.shown(c, found, page), err
}

// Skew answers what differs between two environments, each as it runs. All shows also what is meant to differ.
func (m *Model) Skew(ctx context.Context, first, second string, all bool, page Page) (Comparison, error) {
	status := m.status()
	var commits [2]string
	for i, name := range []string{first, second} {
		env, ok := status.Environment(name)
		if !ok {
			return Comparison{}, &NotFoundError{"environment " + name}
		}
		if commits[i] = env.Applied; commits[i] == "" {
			commits[i] = status.Head
		}
	}
	c := Comparison{First: first, Second: second, FirstCommit: m.commit(commits[0]), SecondCommit: m.commit(commits[1])}
	name := fmt.Sprintln("environments", first, second, commits, all)
	found, err := m.keptComparison(ctx, name, func(ctx context.Context) compared {
		return m.compare(ctx, [2]string{first, second}, commits, func(a, b skew.Side) ([]skew.Difference, int) {
			found := skew.Environments(a, b)
			if all {
				return found, 0
			}
			return skew.Unmeant(found)
		})
	})
	return m.shown(c, found, page), err
}

// keptComparison makes a comparison, or finds it. Few are made at once: each renders whole environments.
func (m *Model) keptComparison(ctx context.Context, name string, make func(context.Context) compared) (compared, error) {
	found, _, err := m.comparisons.get(ctx, name, false, func(ctx context.Context) (compared, error) {
		leave, err := m.enter(ctx)
		if err != nil {
			return compared{err: err}, err
		}
		defer leave()
		found := make(ctx)
		return found, found.err
	})
	if found.err != nil {
		found.err = err // which says also that it took too long
		return found, nil
	}
	return found, err
}

// compare renders both sides and compares them.
func (m *Model) compare(ctx context.Context, environments, commits [2]string, differ func(first, second skew.Side) ([]skew.Difference, int)) compared {
	var sides [2]side
	for i := range sides {
		var err error
		if sides[i], err = m.side(ctx, environments[i], "", commits[i]); err != nil {
			return compared{err: err}
		}
	}
	differences, meant := differ(sides[0].Side, sides[1].Side)
	c := compared{counts: map[skew.Op]int{}, meant: meant, more: max(sides[0].more, sides[1].more)}
	for _, d := range differences {
		c.counts[d.Op]++
	}
	c.differences = slices.Clone(differences[:min(len(differences), comparedResources)])
	return c
}

// shown lays a page of a comparison out.
func (m *Model) shown(c Comparison, found compared, page Page) Comparison {
	c.Resources = []ResourceDifference{}
	if found.err != nil {
		c.Why = found.err.Error()
		if faulty, ok := errors.AsType[*sideError](found.err); ok {
			c.Faults = m.faultsOf(faulty.commit, faulty.faults)
		}
		return c
	}
	c.OnlyFirst, c.OnlySecond, c.Differ = found.counts[skew.OnlyFirst], found.counts[skew.OnlySecond], found.counts[skew.Differs]
	c.Meant, c.MoreGroups = found.meant, found.more
	differences, shown := paged(found.differences, page, shownResources, mostResources)
	for _, d := range differences {
		c.Resources = append(c.Resources, m.difference(d, c.FirstCommit.Hash, c.SecondCommit.Hash))
	}
	c.Page = shown
	c.MoreResources = max(0, c.OnlyFirst+c.OnlySecond+c.Differ-shown.Total)
	return c
}

func (m *Model) difference(d skew.Difference, first, second string) ResourceDifference {
	one := ResourceDifference{
		Op: d.Op, Kind: string(d.Key.Kind), ID: d.Key.ID, FirstGroups: d.FirstGroups, SecondGroups: d.SecondGroups, Fields: []FieldDifference{},
		MoreFields: max(0, len(d.Fields)-FieldsShown),
	}
	for _, f := range d.Fields[:min(len(d.Fields), FieldsShown)] {
		one.Fields = append(one.Fields, FieldDifference{
			Path: f.Path.String(), First: plain(f.First), Second: plain(f.Second), FirstFrom: m.place(first, f.FirstFrom),
			SecondFrom: m.place(second, f.SecondFrom), Meant: f.Meant,
		})
	}
	return one
}
