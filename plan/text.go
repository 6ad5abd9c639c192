package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sluice-gitops/sluice/gateway"
)

// Paint colours a piece of text for a terminal; the identity where there is none.
type Paint func(op Op, text string) string

// signs are what people know from other tools.
var signs = map[Op]string{Create: "+", Update: "~", Delete: "-", Adopt: "="}

// Text writes the plan for people: a head with the counts, then phase by phase what changes, from what to what, and because
// of which place in the config repo. A nil paint writes without colour.
func (p Plan) Text(w io.Writer, environment, group string, paint Paint) {
	if paint == nil {
		paint = func(_ Op, text string) string { return text }
	}
	fmt.Fprintf(w, "%s/%s: %s\n", environment, group, p.Summary())
	var before Step
	for _, step := range p.Steps {
		switch {
		case step.Phase != before.Phase:
			fmt.Fprintf(w, "\n  %s\n", step.Phase)
		case before.Barrier:
			fmt.Fprintln(w, "    … once every instance has taken that")
		}
		before = step
		for _, change := range step.Changes {
			change.text(w, paint)
		}
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(w, "\n  %s\n", strings.ReplaceAll(warning.Error(), "\n", "\n  "))
	}
	for _, refusal := range p.Refusals {
		fmt.Fprintf(w, "\n  held by guard %s: %s\n\thint: %s\n", refusal.Guard, refusal.What, refusal.Hint)
	}
	if len(p.Refusals) > 0 {
		fmt.Fprintf(w, "\n  to allow exactly this plan, put this line at the end of a commit message:\n\t%s\n", p.Allow(environment))
	}
}

func (c Change) text(w io.Writer, paint Paint) {
	head := fmt.Sprintf("    %s %s", signs[c.Op], c.Key)
	if c.Op == Adopt {
		head += " (adopt)"
	}
	fmt.Fprint(w, paint(c.Op, head))
	if c.Why != "" {
		fmt.Fprintf(w, "  (%s)", c.Why)
	}
	fmt.Fprintln(w)
	for _, what := range c.Breaking {
		fmt.Fprintln(w, paint(Delete, "      ! "+what))
	}
	if c.Op == Delete {
		return
	}
	var rows strings.Builder
	table := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	for _, field := range c.Fields {
		fmt.Fprintf(table, "        %s\t%s\t%s\n", field.Path, field.change(c.Op), field.From)
	}
	table.Flush()
	for row := range strings.Lines(rows.String()) {
		fmt.Fprintln(w, strings.TrimRight(row, " \n"))
	}
}

// widest keeps a plan readable when a value is a whole certificate or a list of a hundred nodes.
const widest = 72

func (f Field) change(op Op) string {
	switch {
	case op == Create || f.Old == nil:
		return short(f.New)
	case f.New == nil:
		return short(f.Old) + " → (removed)"
	}
	return short(f.Old) + " → " + short(f.New)
}

func short(v any) string {
	text := []rune(gateway.Show(v))
	if len(text) > widest {
		return string(text[:widest-1]) + "…"
	}
	return string(text)
}

// Summary counts: "2 to create, 1 to update, 0 to delete, 1 breaking (4 temporary)", or "nothing to change".
func (p Plan) Summary() string {
	if p.Empty() {
		return "nothing to change"
	}
	n := p.Counts()
	text := fmt.Sprintf("%d to create, %d to update, %d to delete", n[Create], n[Update], n[Delete])
	if n[Adopt] > 0 {
		text += fmt.Sprintf(", %d to adopt", n[Adopt])
	}
	if breaking := p.Breaking(); breaking > 0 {
		text += fmt.Sprintf(", %d breaking", breaking)
	}
	if temporary := p.temporary(); temporary > 0 {
		text += fmt.Sprintf(" (%d temporary)", temporary)
	}
	return text
}

// Counts says how many resources each operation concerns: one that is updated in two parts counts once, and what only stands on the
// way not at all.
func (p Plan) Counts() map[Op]int {
	seen := map[Op]map[gateway.Key]bool{Create: {}, Update: {}, Delete: {}, Adopt: {}}
	counts := map[Op]int{}
	for _, change := range p.Changes() {
		if !change.Key.Temporary() {
			seen[change.Op][change.Key] = true
			counts[change.Op] = len(seen[change.Op])
		}
	}
	return counts
}

// temporary says how many resources come or go that only stand on the way.
func (p Plan) temporary() int {
	seen := map[gateway.Key]bool{}
	for _, change := range p.Changes() {
		if change.Key.Temporary() {
			seen[change.Key] = true
		}
	}
	return len(seen)
}
