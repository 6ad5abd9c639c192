package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/environments/sample"
	"github.com/sluice-gitops/sluice/render"
)

// TestSampleAgainstExamples holds the rendered sample config repo against the shipped policies, and looks at the places.
func TestSampleAgainstExamples(t *testing.T) {
	repo := sample.FS()
	tree := environments.Load(repo)
	prod, ok := tree.Find("prod")
	if !ok {
		t.Fatal("the sample has no prod")
	}
	state, faults := render.New().Render(repo, tree, prod, "prod-eu", nil)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	got := examples(t).Check("prod", "prod-eu", state, newYear)
	var routes []string
	for _, fault := range got {
		if strings.Contains(fault.What, "prod-rate-limit") {
			routes = append(routes, fault.Pos.String()+" "+fault.What)
		}
	}
	want := []string{
		`services/orders/orders.yaml:14:3 routes/orders breaks the policy "prod-rate-limit": nothing limits how often /orders, /orders/* may be called in prod`,
		`services/payments/payments.yaml:24:5 routes/payments-health breaks the policy "prod-rate-limit": nothing limits how often /payments/health may be called in prod`,
		`services/users/users.yaml:12:3 routes/users-read breaks the policy "prod-rate-limit": nothing limits how often /users/* may be called in prod`,
		`services/users/users.yaml:24:5 routes/users-write breaks the policy "prod-rate-limit": nothing limits how often /users/* may be called in prod`,
	}
	if diff := cmp.Diff(want, routes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
