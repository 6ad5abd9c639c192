package preview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// StatusContext is what the context of the status for an environment begins with.
const StatusContext = "sluice/plan/"

// Statuses are what the head of the pull request shows, one for each environment. With conflicts there are none to be told apart: then each of
// the environments that were known before gets that.
func (p Preview) Statuses(known []string) []forge.Status {
	var all []forge.Status
	if len(p.Conflicts) > 0 {
		for _, name := range known {
			all = append(all, forge.Status{Context: StatusContext + name, State: record.StatusFailure, Text: p.conflictText()})
		}
		return all
	}
	for _, env := range p.Environments {
		state, text := env.status()
		all = append(all, forge.Status{Context: StatusContext + env.Name, State: state, Text: text})
	}
	return all
}

// passed reports whether nothing stands against a merge.
func (p Preview) passed() bool {
	if len(p.Conflicts) > 0 || len(p.Environments) == 0 {
		return false
	}
	for _, env := range p.Environments {
		if state, _ := env.status(); state != record.StatusSuccess {
			return false
		}
	}
	return true
}

// conflictText names the files in conflict and the way out.
func (p Preview) conflictText() string {
	var paths []string
	for _, conflict := range p.Conflicts {
		paths = append(paths, conflict.Path)
	}
	paths = slices.Compact(paths)
	const few = 3
	in := strings.Join(paths[:min(few, len(paths))], ", ")
	if more := len(paths) - few; more > 0 {
		in += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("conflicts with %s in %s: merge %s into the branch", p.Pull.Base, in, p.Pull.Base)
}

func (e Environment) status() (record.StatusState, string) {
	switch held := e.held(); {
	case e.Faults.HasErrors():
		return record.StatusFailure, firstFault(e.Faults)
	case held != "":
		return record.StatusFailure, held
	case e.Gone:
		return record.StatusSuccess, "the environment goes; its gateways stay as they are"
	}
	return record.StatusSuccess, e.summary()
}

// held says which guard would hold the environment; empty: none.
func (e Environment) held() string {
	for _, group := range e.Groups {
		if group.held() {
			first := group.refusals()[0]
			return fmt.Sprintf("would be held by guard %s: %s", first.Guard, first.What)
		}
	}
	return ""
}

// summary counts over all groups: "2 created, 1 updated", or "nothing to change".
func (e Environment) summary() string {
	counts, breaking := map[plan.Op]int{}, 0
	for _, group := range e.Groups {
		shown := group.shown(e.Blind)
		for op, n := range shown.Counts() {
			counts[op] += n
		}
		breaking += shown.Breaking()
	}
	var parts []string
	for _, one := range []struct {
		n    int
		what string
	}{{counts[plan.Create], "created"}, {counts[plan.Update], "updated"}, {counts[plan.Delete], "deleted"}, {counts[plan.Adopt], "adopted"}, {breaking, "breaking"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.what))
		}
	}
	if len(parts) == 0 {
		return "nothing to change"
	}
	return strings.Join(parts, ", ")
}

// annotations are the faults and conflicts that stand in a file of the pull request. What several environments have at one place is shown once.
func (p *Previewer) annotations(preview Preview) []forge.Annotation {
	var all []forge.Annotation
	for _, conflict := range preview.Conflicts {
		if conflict.Line > 0 {
			all = append(all, forge.Annotation{Path: conflict.Path, Line: conflict.Line, Text: forge.Code("conflicts with " + preview.Pull.Base + ": " + conflict.What)})
		}
	}
	shown := map[string]bool{}
	for _, env := range preview.Environments {
		for _, fault := range env.Faults {
			at := fault.Pos.String() + " " + fault.Code
			if fault.Pos.Line == 0 || fault.Pos.Revision != "" || shown[at] {
				continue
			}
			shown[at] = true
			text := fault.What
			if fault.Hint != "" {
				text += "; " + fault.Hint
			}
			all = append(all, forge.Annotation{Path: p.inRepository(fault.Pos.File), Line: fault.Pos.Line, Text: forge.Code(text)})
		}
	}
	slices.SortStableFunc(all, func(a, b forge.Annotation) int {
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		return a.Line - b.Line
	})
	return slices.Compact(all)
}
