package reconciler

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// sent marks the secrets that the gateway now has and that live can't tell, or would show in clear.
func (r *Reconciler) sent(state gateway.State) []record.Mark {
	marks := []record.Mark{} // never nil: to the journal that would mean that nothing is said of them
	for _, key := range state.Keys() {
		for _, secret := range slices.Concat(gateway.Hidden(state[key]), gateway.Unlisted(state[key])) {
			marks = append(marks, r.past.Mark(key, secret.Path.String(), secret.Value))
		}
	}
	return marks
}

// sending is what is known of sent secrets while a plan is carried out: of the resources that it changes only the places, because
// nobody knows how far it comes.
func (r *Reconciler) sending(w *work, p *groupPlan) []record.Mark {
	marks := []record.Mark{}
	changes := map[gateway.Key]bool{}
	for _, change := range p.plan.Changes() {
		changes[change.Key] = true
	}
	known := map[record.Mark]bool{}
	add := func(mark record.Mark) {
		if changes[mark.Key] {
			mark.Mark = ""
		}
		if !known[mark] {
			known[mark] = true
			marks = append(marks, mark)
		}
	}
	for _, mark := range slices.Concat(r.past.SentFields(w.env.Name, p.group.Name), r.sent(p.desired)) {
		if changes[mark.Key] || r.past.Sent(w.env.Name, p.group.Name, mark) {
			add(mark)
		}
	}
	return marks
}
