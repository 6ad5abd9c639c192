package verify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/diag"
)

// The kinds of checks.
const (
	ofHealth = "health"
	ofProbe  = "probe"
	ofMetric = "metric"
	ofSoak   = "soak"
	ofVerify = "verify"
)

const (
	// patience is the time for everything but the soak, where the environment does not say.
	patience = 15 * time.Minute
	// again is how long a secret that is out of reach is left alone.
	again = 5 * time.Second
)

// Verify waits until all that rollout.verify asks for holds in a wave, and has held for the soak. It returns when that is so, when it
// can't become so any more, when the time is up, or when ctx ends; then the report says how things stood. Tell gets a line whenever
// what is waited for changes, at most one a second; it may be nil, and must not block. Neither it nor the report ever has a secret.
func (v *Verifier) Verify(ctx context.Context, w Wave, tell func(text string)) Report {
	rules := w.rules()
	if rules == nil {
		return Report{}
	}
	ctx, stop := context.WithTimeout(ctx, cmp.Or(rules.Timeout, patience+rules.Soak))
	defer stop()
	told := teller{tell: tell}
	checks, faults := v.begin(ctx, w, &told)
	if len(faults) > 0 {
		return Report{Checks: []Check{{Kind: ofVerify, Text: line(faults.Sorted()[0].What)}}}
	}
	watch := watch{teller: told, soaks: w.Soaks}
	if !w.Proven {
		watch.soak = rules.Soak
	}
	for _, c := range checks {
		if w.Proven {
			c.over = 0
		}
		watch.standings = append(watch.standings, newStanding(c))
	}
	return watch.run(ctx)
}

// begin makes the checks. A secret that is out of reach is asked for again until ctx ends: that says nothing of the wave.
func (v *Verifier) begin(ctx context.Context, w Wave, told *teller) ([]*check, diag.List) {
	for {
		checks, faults := v.prepare(w)
		passing := func(fault diag.Diagnostic) bool { return fault.Code == "unreachable-secret" }
		if len(faults) == 0 || !slices.ContainsFunc(faults, passing) {
			return checks, faults
		}
		told.say("waiting for a secret: "+line(faults.Sorted()[0].What), time.Now())
		if sleep(ctx, again) != nil {
			return nil, faults
		}
	}
}
