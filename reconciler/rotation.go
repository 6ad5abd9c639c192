package reconciler

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// calls finds the references in what the config repo holds in the place of a secret.
var calls = regexp.MustCompile(`\$\{((?:secret|env)\([^),]+)`)

// referenceName names a text that holds references, as secret(db). A text around them may be configuration that nobody should read
// in the journal: its hash stands for it. It is empty for a secret whose value stands in the repo, be it encrypted.
func referenceName(ref string) string {
	var names []string
	for _, m := range calls.FindAllStringSubmatch(ref, -1) {
		names = append(names, strings.TrimSpace(m[1])+")")
	}
	name := strings.Join(names, "+")
	if name != "" && ref != "${"+name+"}" {
		sum := sha256.Sum256([]byte(ref))
		name += "#" + hex.EncodeToString(sum[:4])
	}
	return name
}

// marks returns the marks of all references in a state, by name.
func (p *Planner) marks(state gateway.State) []record.SecretMark {
	seen := map[string]record.SecretMark{}
	for _, resource := range state {
		for _, field := range gateway.SecretFields(resource) {
			name := referenceName(field.Value.Ref())
			if _, known := seen[name]; known || name == "" {
				continue
			}
			if mark := p.past.MarkSecret(name, field.Value); mark.Mark != "" {
				seen[name] = mark
			}
		}
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b record.SecretMark) int { return cmp.Compare(a.Name, b.Name) })
}

// secretMarks returns the marks for an entry; nil when the journal holds these already, so that they are written when a secret has
// changed and not with every commit.
func (r *Reconciler) secretMarks(p *groupPlan) []record.SecretMark {
	marks := r.marks(p.desired)
	known := r.past.Secrets(p.env, p.group.Name)
	same := len(known) == len(marks) && !slices.ContainsFunc(marks, func(m record.SecretMark) bool { return known[m.Name] != m.Mark })
	if same {
		return nil
	}
	return append([]record.SecretMark{}, marks...) // never nil: to the journal that would mean that nothing is said of them
}

// rotated names the references whose value is another than the one that the journal says was sent.
func (p *Planner) rotated(env, group string, desired gateway.State) []string {
	known := p.past.Secrets(env, group)
	if len(known) == 0 {
		return nil
	}
	var names []string
	for _, mark := range p.marks(desired) {
		if before, ok := known[mark.Name]; ok && before != mark.Mark {
			names = append(names, mark.Name)
		}
	}
	return names
}

// explains reports whether a rotated secret stands in a resource, so that a difference there is nobody's doing on the gateway.
func (g *groupPlan) explains(key gateway.Key) bool {
	return slices.ContainsFunc(gateway.SecretFields(g.desired[key]), func(field gateway.SecretField) bool {
		return slices.Contains(g.rotated, referenceName(field.Value.Ref()))
	})
}

// onlyRotated reports whether rotated secrets explain the whole plan.
func (g *groupPlan) onlyRotated() bool {
	return len(g.rotated) > 0 && !slices.ContainsFunc(g.plan.Changes(), func(c plan.Change) bool { return !g.explains(c.Key) })
}

func rotates(waves [][]*groupPlan) bool {
	return slices.ContainsFunc(slices.Concat(waves...), func(g *groupPlan) bool { return len(g.rotated) > 0 })
}

// narrowAll leaves in the plans what commits and rotated secrets explain: the environment wants to be told of the rest only.
func (r *Reconciler) narrowAll(ctx context.Context, w *work, waves [][]*groupPlan) {
	w.onlyRotated = true
	for _, g := range slices.Concat(waves...) {
		if g.group.Hand == nil {
			r.narrow(w, g)
		} else if g.drift && !g.plan.Empty() {
			*g = *r.planGroup(ctx, w, g.group, g.desired)
		}
	}
}

// narrow makes the plan anew as if all that no rotated secret explains were as desired.
func (p *Planner) narrow(w *work, g *groupPlan) {
	if !g.drift || g.err != nil {
		return
	}
	if len(g.rotated) == 0 {
		g.left, g.plan = len(g.plan.Changes()), plan.Plan{}
		return
	}
	live := maps.Clone(g.live)
	for _, change := range g.plan.Changes() {
		want, wanted := g.wanted[change.Key]
		switch {
		case g.explains(change.Key):
			continue
		case wanted:
			live[change.Key] = want
		default:
			delete(live, change.Key)
		}
		g.left++
	}
	if g.left > 0 {
		g.plan = plan.New(g.wanted, live, p.policy(w, g.group.Name))
	}
}

// tellLeft tells of the drift that was left when only rotated secrets were written.
func (r *Reconciler) tellLeft(w *work, waves [][]*groupPlan) {
	for _, g := range slices.Concat(waves...) {
		if g.left == 0 {
			continue
		}
		w.memo.saw(g.group.Name, sight{}) // it is not as desired
		r.board.setDrift(w.env.Name, g.group.Name, g.left)
		r.log.Warn("drift", zap.String("env", w.env.Name), zap.String("group", g.group.Name), zap.Int("left", g.left))
		r.tellDrift(w, record.Applied, fmt.Sprintf("drift on %s, reported only: %d resources", g.group.Name, g.left))
	}
}

// healText says why an applied commit was written once more.
func healText(waves [][]*groupPlan) string {
	var names []string
	for _, g := range slices.Concat(waves...) {
		if !g.plan.Empty() && !g.onlyRotated() {
			return "drift healed: "
		}
		names = append(names, g.rotated...)
	}
	slices.Sort(names)
	return "rotated secrets sent (" + strings.Join(slices.Compact(names), ", ") + "): "
}
