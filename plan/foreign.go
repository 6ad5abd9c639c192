package plan

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// foreign refuses a plan that would break a resource that Sluice does not own: one that refers to what the plan deletes, or a
// credential that goes with its consumer.
func (d *diff) foreign(r gateway.Resource) {
	for _, ref := range gateway.Refs(r) {
		target, exists := d.live[ref.To]
		if _, kept := d.desired[ref.To]; kept || !exists || ref.Soft || !target.Labelled() {
			continue
		}
		d.refusals = append(d.refusals, Refusal{
			Guard: "foreign",
			What:  fmt.Sprintf("deletes %s, which %s still needs and Sluice does not own", ref.To, r.Key),
			Hint:  fmt.Sprintf("remove %s from the gateway, write it into the config repo, or keep %s", r.Key, ref.To),
		})
	}
}
