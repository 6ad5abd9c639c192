package preview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// signs are those of `sluice plan`.
var signs = map[plan.Op]string{plan.Create: "+", plan.Update: "~", plan.Delete: "-", plan.Adopt: "="}

// group writes one gateway group: its changes field by field with their places, its warnings, its guards. It is empty where there is nothing to
// say.
func (w writer) group(env Environment, group Group) string {
	shown := group.shown(env.Blind)
	if shown.Empty() && len(group.refusals()) == 0 && len(shown.Warnings) == 0 && liveTrouble(group) == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n#### %s: %s\n\n", forge.Code(env.Name+"/"+group.Name), shown.Summary())
	for _, change := range shown.Changes() {
		if !change.Key.Temporary() {
			w.change(&b, change)
		}
	}
	for _, warning := range warnings(shown, group) {
		fmt.Fprintf(&b, "- warning: %s%s\n", w.at(warning.Pos), forge.Code(warning.What))
	}
	if text := liveTrouble(group); text != "" {
		fmt.Fprintf(&b, "- not compared with live, so no digest is known: %s\n", forge.Code(text))
	}
	guards(&b, env, group)
	return b.String()
}

// warnings are those of both plans, each once.
func warnings(shown plan.Plan, group Group) diag.List {
	all := slices.Clone(shown.Warnings)
	if group.Live != nil {
		all.Add(group.Live.Plan.Warnings...)
	}
	return all.Sorted()
}

func liveTrouble(group Group) string {
	if group.Live == nil || group.Live.Err == nil {
		return ""
	}
	return group.Live.Err.Error()
}

func (w writer) change(b *strings.Builder, change plan.Change) {
	fmt.Fprintf(b, "- **%s** %s", signs[change.Op], forge.Code(change.Key.String()))
	if change.Why != "" {
		fmt.Fprintf(b, " (%s)", forge.Code(change.Why))
	}
	b.WriteString("\n")
	for _, what := range change.Breaking {
		fmt.Fprintf(b, "  - **breaking**: %s\n", forge.Code(what))
	}
	if change.Op == plan.Delete {
		return
	}
	for _, field := range change.Fields {
		fmt.Fprintf(b, "  - %s: %s%s\n", forge.Code(field.Path.String()), fieldChange(change.Op, field), w.from(field.From))
	}
}

func fieldChange(op plan.Op, field plan.Field) string {
	switch {
	case op == plan.Create || field.Old == nil:
		return show(field.New)
	case field.New == nil:
		return show(field.Old) + " → removed"
	}
	return show(field.Old) + " → " + show(field.New)
}

// widest keeps a comment readable when a value is a whole certificate.
const widest = 120

// show is what gateway.Show prints, secrets as ***.
func show(value any) string {
	text := []rune(gateway.Show(value))
	if len(text) > widest {
		text = append(text[:widest-1], '…')
	}
	return forge.Code(string(text))
}

// guards says which guards trip, and what would give leave.
func guards(b *strings.Builder, env Environment, group Group) {
	refusals := group.refusals()
	for _, refusal := range refusals {
		fmt.Fprintf(b, "- guard %s: %s — %s\n", forge.Code(refusal.Guard), forge.Code(refusal.What), forge.Code(refusal.Hint))
	}
	live := group.Live
	switch {
	case len(refusals) == 0:
	case group.Leave != "":
		fmt.Fprintf(b, "\nCommit %s gives leave to exactly this plan.\n", forge.Code(short(group.Leave)))
	case live != nil && live.Err == nil:
		fmt.Fprintf(b, "\nThe plan against live has the digest %s. To allow exactly that, put this line at the end of a commit message:\n\n"+
			"```\n%s\n```\n", forge.Code(live.Plan.Digest()), live.Plan.Allow(env.Name))
	default:
		b.WriteString("\nThe digest that leave is bound to is that of the plan against live, which is not known here: `sluice plan` tells it.\n")
	}
}
