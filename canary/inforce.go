package canary

import "github.com/sluice-gitops/sluice/gateway"

// InForce tells which step stands in live, whole or in part: the last one whose shares every service has reached. Ok is false when nothing in
// live belongs to the course. Weights that somebody else has set count as what they are, so that the journal knows better where it knows.
func (c Course) InForce(live gateway.State) (step int, ok bool) {
	step = c.Steps() + 1
	for _, s := range c.shifts {
		share, found := s.inForce(live)
		step = min(step, s.reached(share, c.Steps()))
		ok = ok || found
	}
	if !ok {
		return 0, false
	}
	return step, true
}

// inForce is the smallest share on the carriers: a step was taken when all have it.
func (s shift) inForce(live gateway.State) (share int, found bool) {
	share = 100
	for _, key := range s.carriers {
		has, named := s.shareOf(live[key])
		share, found = min(share, has), found || named
	}
	return share, found
}

// reached is the last step that asks for no more than a share.
func (s shift) reached(share, steps int) int {
	for step := steps + 1; step > 0; step-- {
		if s.share(step, steps) <= share {
			return step
		}
	}
	return 0
}
