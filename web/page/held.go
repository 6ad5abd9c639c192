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
	HeldBy    string // in a few words; empty: no guard holds it
	Guards    int    // how many refusals there are
	GuardText string // every refusal, without the lines that would allow it: those are among what can be done
}

func heldBy(t insight.Turn) held {
	var h held
	if t.State != string(record.Held) {
		return h
	}
	var lines []string
	for line := range strings.Lines(t.Detail) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "to allow it: ") {
			continue
		}
		lines = append(lines, line)
		if group, rest, ok := strings.Cut(line, ": guard "); ok {
			name, _, _ := strings.Cut(rest, ": ")
			if h.Guards++; h.Guards == 1 {
				h.HeldBy = fmt.Sprintf("Held by guard %s on %s", name, group)
			}
		}
	}
	if h.Guards > 1 {
		h.HeldBy += fmt.Sprintf(", and by %d more", h.Guards-1)
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
