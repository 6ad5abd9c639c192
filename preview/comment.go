package preview

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/plan"
)

// Comment writes a preview in Markdown: a table, then what is at fault, then each gateway group by itself. What goes beyond most runes is left
// out at the border of a part, and a line says so; cut reports that. Most below a thousand is taken for a thousand.
func (p *Previewer) Comment(preview Preview, most int) (text string, cut bool) {
	w := writer{previewer: p, preview: preview}
	parts := w.parts()
	end := ""
	if p.config.Page != nil {
		end = fmt.Sprintf(" [All of it](%s).", p.config.Page(preview.Pull.Number))
	}
	const kept = 300 // for the line that says what is missing
	most = max(most, 1000) - kept
	var b strings.Builder
	length := 0
	for i, part := range parts {
		long := units(part)
		if length+long > most {
			fmt.Fprintf(&b, "\n_%d of %d parts are not shown: they are longer than a comment may be._%s\n", len(parts)-i, len(parts), end)
			return b.String(), true
		}
		length += long
		b.WriteString(part)
	}
	return b.String(), false
}

// units counts a text as the strictest forge does, in which what is beyond 16 bits counts twice: Data Center does.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// writer writes the parts of a comment.
type writer struct {
	previewer *Previewer
	preview   Preview
}

// parts are what a comment may be cut between: the head, single rows of a long table, single groups.
func (w writer) parts() []string {
	head := fmt.Sprintf("### Sluice: what merging this would change\n\n`%s` merged into %s at `%s`.\n",
		short(w.preview.Pull.Head), forge.Code(w.preview.Pull.Base), w.preview.Into.Short())
	if len(w.preview.Conflicts) > 0 {
		return []string{head, w.conflicts()}
	}
	parts := append([]string{head}, w.table()...)
	for _, env := range w.preview.Environments {
		parts = append(parts, w.faults(env)...)
	}
	for _, env := range w.preview.Environments {
		for _, group := range env.Groups {
			if text := w.group(env, group); text != "" && !env.Faults.HasErrors() {
				parts = append(parts, text)
			}
		}
	}
	if w.preview.Pull.Fork {
		parts = append(parts, "\nThis pull request comes from a fork: no secret was read for it, and no gateway was asked.\n")
	}
	return parts
}

func (w writer) conflicts() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nIt can't be merged: merge %s into the branch.\n\n", forge.Code(w.preview.Pull.Base))
	const most = 50
	for i, conflict := range w.preview.Conflicts {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(w.preview.Conflicts)-most)
			break
		}
		fmt.Fprintf(&b, "- %s: %s\n", forge.Code(conflict.Path), conflict.What)
	}
	return b.String()
}

// table has a row for each gateway group, each of them a part of its own.
func (w writer) table() []string {
	rows := []string{"\n| environment | group | create | update | delete | breaking | outcome |\n|---|---|---:|---:|---:|---:|---|\n"}
	for _, env := range w.preview.Environments {
		switch {
		case env.Faults.HasErrors():
			rows = append(rows, fmt.Sprintf("| %s | | | | | | **%d at fault** |\n", cell(env.Name), faultCount(env.Faults)))
		case len(env.Groups) == 0:
			_, text := env.status()
			rows = append(rows, fmt.Sprintf("| %s | | | | | | %s |\n", cell(env.Name), text))
		}
		for _, group := range env.Groups {
			if !env.Faults.HasErrors() {
				rows = append(rows, row(env, group))
			}
		}
	}
	if len(w.preview.Environments) == 0 {
		return []string{"\nThe branch has no environment.\n"}
	}
	return rows
}

func row(env Environment, group Group) string {
	shown := group.shown(env.Blind)
	n := shown.Counts()
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %s |\n", cell(env.Name), cell(group.Name),
		n[plan.Create], n[plan.Update], n[plan.Delete], shown.Breaking(), outcome(env, group))
}

// outcome says in a few words what would come of a group.
func outcome(env Environment, group Group) string {
	shown := group.shown(env.Blind)
	switch {
	case group.held():
		return "**held by guard " + cell(group.refusals()[0].Guard) + "**"
	case group.Leave != "":
		return "allowed by " + cell(short(group.Leave))
	case shown.Empty() && env.Blind == "":
		return "nothing to change"
	case group.Live != nil && group.Live.Err != nil:
		return "not compared with live"
	}
	return "ok"
}

func faultCount(faults diag.List) int {
	n := 0
	for _, fault := range faults {
		if fault.Severity == diag.Error {
			n++
		}
	}
	return n
}

// faults lists what is wrong with an environment, errors and warnings, fault by fault.
func (w writer) faults(env Environment) []string {
	if len(env.Faults) == 0 && env.Blind == "" {
		return nil
	}
	parts := []string{fmt.Sprintf("\n#### %s: faults and warnings\n\n", forge.Code(env.Name))}
	if env.Blind != "" {
		parts = append(parts, "- the branch itself is at fault, so there is nothing to compare with: "+forge.Code(env.Blind)+"\n")
	}
	for _, fault := range env.Faults {
		text := "- "
		if fault.Severity == diag.Error {
			text += "**" + fault.Severity.String() + "** "
		}
		if !fault.Pos.IsZero() {
			text += w.place(fault.Pos) + ": "
		}
		text += forge.Code(fault.What)
		if fault.Hint != "" {
			text += " — " + forge.Code(fault.Hint)
		}
		parts = append(parts, text+"\n")
	}
	return parts
}
