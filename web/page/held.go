package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

// held is what the guards say that hold a commit. The zero value is a commit that none holds.
type held struct {
	HeldBy    string // by which guard, and what that says; empty: no guard holds it
	Guards    int    // how many refusals there are
	GuardText string // the other refusals, without the lines that would allow it: those are among what can be done
}

// allowLine begins a line that says how to let a held commit go on.
const allowLine = "to allow it: "

// unallowed takes out of a text of the past how to let a commit go on: what is true of that now stands on its own page.
func unallowed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), allowLine) {
			lines = append(lines, line)
		}
	}
	return strings.TrimRight(strings.Join(lines, ""), "\n")
}

// remark is what is wrong with a gateway group, beside its look: that a guard holds it is told by that.
func remark(g insight.GroupLine) string {
	return strings.TrimPrefix(g.Error, string(record.Held)+": ")
}

// unsaid is the remark on a gateway group, where it is not said above already.
func unsaid(g insight.GroupLine, said string) string {
	r := remark(g)
	if strings.Contains(said, r) {
		return ""
	}
	return r
}

func heldBy(t insight.Turn) held {
	var h held
	if t.State != string(record.Held) {
		return h
	}
	var lines []string
	for line := range strings.Lines(t.Detail) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, allowLine) {
			continue
		}
		if group, rest, ok := strings.Cut(line, ": guard "); ok {
			name, what, _ := strings.Cut(rest, ": ")
			if h.Guards++; h.Guards == 1 {
				h.HeldBy = fmt.Sprintf("Held by guard %s on %s: %s", name, group, what)
				continue
			}
		}
		lines = append(lines, line)
	}
	h.GuardText = strings.Join(lines, "\n")
	return h
}

// once takes what the guards say out of where it would stand again: the way of the commit, and its gateway groups.
func (h held) once(t insight.Turn) insight.Turn {
	if h.HeldBy == "" {
		return t
	}
	t.Timeline, t.Groups = slices.Clone(t.Timeline), slices.Clone(t.Groups)
	for i, m := range t.Timeline {
		if m.State == string(record.Held) && strings.Contains(m.Text, ": guard ") {
			t.Timeline[i].Text = ""
		}
	}
	for i, g := range t.Groups {
		if strings.HasPrefix(g.Error, string(record.Held)+": guard ") {
			t.Groups[i].State, t.Groups[i].Error = string(record.Held), ""
		}
	}
	return t
}
