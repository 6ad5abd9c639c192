package reconciler

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// expiring tells who only looks which certificates end soon, or have ended, though nothing of them is to be written: an alert leads here and asks
// which. Of those that a plan writes, validate tells.
func expiring(g *groupPlan) diag.List {
	if g.err != nil {
		return nil
	}
	written, rest := written(g.plan, g.desired), gateway.State{}
	for key, resource := range g.desired {
		if _, ok := written[key]; !ok || g.drift {
			rest[key] = resource
		}
	}
	found := render.Expiring(rest, time.Now().Unix())
	for i := range found {
		found[i].Severity = diag.Warning
	}
	return found
}
