package canary_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/plan"
)

// TestACanaryInAPI7 takes a gateway group of API7 Enterprise forward and back: every state is taken as it is, and the copy is deleted in the
// end, which is not seen in the state.
func TestACanaryInAPI7(t *testing.T) {
	lines := `services/s {"upstream": {"nodes": {"10.0.0.1:80": 1}}}
		routes/r {"service_id": "s", "uri": "/x"}`
	old, next := state(t, lines), state(t, strings.Replace(lines, "0.0.1", "0.0.2", 1))
	course, faults := canary.Find(old, next, rules(t, "s 5 50"), canary.InServices)
	if course.Empty() || len(faults) > 0 {
		t.Fatalf("no course: %v", faults)
	}
	server, err := api7test.Start(api7test.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	client, err := api7.New(api7.Config{
		Name: "eu", URL: server.URL(), Group: "prod", SettleTime: time.Millisecond,
		Token: func() (gateway.Secret, error) { return gateway.NewSecret("", api7test.UserToken), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, states := range [][]gateway.State{way(old, next, course), {old, course.At(1), course.At(0), old}} {
		for _, want := range states {
			if _, err := apply.Run(t.Context(), client, difference(t, client, want), apply.Options{}); err != nil {
				t.Fatal(err)
			}
			if again := difference(t, client, want); !again.Empty() {
				t.Fatalf("there is still to do: %s", again.Summary())
			}
		}
		deleted := func(write string) bool {
			return strings.HasPrefix(write, "DELETE") && strings.Contains(write, "sluice-detour-canary-")
		}
		if writes := server.Writes(); !slices.ContainsFunc(writes, deleted) {
			t.Errorf("the copy was left: %q", writes)
		}
		server.Forget()
	}
}

func difference(t *testing.T, client *api7.Gateway, want gateway.State) plan.Plan {
	t.Helper()
	live, err := client.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := client.Defaults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return plan.New(want, gateway.Align(want, live, defaults), plan.Policy{})
}
