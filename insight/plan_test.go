package insight_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/insight"
)

// TestAFleetIsNotReadForALook: a plan against live would read every gateway there is.
func TestAFleetIsNotReadForALook(t *testing.T) {
	r := newRig(t)
	var groups []string
	for i := range 65 {
		groups = append(groups, fmt.Sprintf("p%d", i))
	}
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\ngroups: [" + strings.Join(groups, ", ") + "]\nvars: {domain: acme.example}\n")
	hash := r.land("Many")
	plan, err := r.model.Plan(t.Context(), "prod", hash, insight.Page{})
	if err != nil || !strings.Contains(plan.Why, "65 gateway groups") || len(plan.Groups) != 0 {
		t.Errorf("%+v, %v", plan, err)
	}
	c, err := r.model.Changes(t.Context(), "prod", hash, insight.Page{})
	if err != nil || c.MoreGroups != 1 || c.OnlySecond != 4 {
		t.Errorf("%+v, %v", c, err)
	}
}
