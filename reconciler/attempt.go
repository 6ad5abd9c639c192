package reconciler

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/sluice-gitops/sluice/gateway"
)

// attempt tells a try to carry out a plan from others: the digest of a plan leaves the values of secrets out, and one that was refused
// for a secret may succeed with another.
func (p *Planner) attempt(g *groupPlan) string {
	if g.attempt != "" {
		return g.attempt
	}
	hash := sha256.New()
	hash.Write([]byte(g.plan.Digest()))
	for _, change := range g.plan.Changes() {
		if change.New != nil {
			sum := gateway.Print(*change.New, p.printKey)
			hash.Write(sum[:])
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}
