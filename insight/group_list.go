package insight

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
)

// Groups lists gateway groups.
func (m *Model) Groups(q GroupQuery) (GroupList, error) {
	keep, ok := map[string]func(GroupLine) bool{
		"": func(GroupLine) bool { return true }, "failing": GroupLine.failing, "behind": GroupLine.behind, "drifting": func(g GroupLine) bool { return g.Drift > 0 },
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
