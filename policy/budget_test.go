package policy

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestBudgetEnds holds that a policy which is dear in sum stops when its budget is spent, and denies.
func TestBudgetEnds(t *testing.T) {
	set, faults := Load(fstest.MapFS{"policies/p.yaml": {Data: []byte("policies: {a: {assert: 'state.routes.all(r, size(r) > 0)'}}")}})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	state := gateway.State{}
	for i := range 100 {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("r%02d", i)}
		state[key] = gateway.Resource{Key: key}
	}
	try := func(limit uint64) string {
		tried := trial{policy: set.policies[0], view: newView("prod", "g", state), now: time.Time{}, limits: standardLimits(), budget: budget{limit}}
		return tried.run().Error()
	}
	if got := try(limitPolicy); got != "" {
		t.Errorf("within its budget: %s", got)
	}
	got := try(10_000)
	if !strings.Contains(got, "counts as broken: it costs too much") || strings.Contains(got, "routes/r00") || strings.Count(got, "policy") != 1 {
		t.Errorf("beyond its budget: %s", got)
	}
}
