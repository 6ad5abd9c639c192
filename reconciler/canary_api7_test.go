package reconciler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// TestACanaryInAPI7GoesInSteps has the upstream in the service, where the copy stands too.
func TestACanaryInAPI7GoesInSteps(t *testing.T) {
	server, err := api7test.Start(api7test.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	client, err := api7.New(api7.Config{
		Name: "ee", URL: server.URL(), Group: "prod", SettleTime: time.Millisecond, Retries: -1,
		Token: func() (gateway.Secret, error) { return gateway.NewSecret("", api7test.UserToken), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.config.Groups = append(r.config.Groups, reconciler.Group{Name: "ee", Environment: "ee", Gateway: client, Upstreams: canary.InServices})
	r.config.Verifier = &verifier{}
	users := func(port string) string {
		r.write("-- environments/ee/users.yaml --\nservices:\n  users: {upstream: {nodes: {\"127.0.0.1:" + port + "\": 1}}}\n" +
			"routes:\n  users: {service_id: users, uri: /users/*}\n")
		return r.commit("users on " + port)
	}
	r.write("-- environments/ee/environment.yaml --\ngroups: [ee]\nrollout:\n  verify: {health: true}\n  canary:\n    - {service: users, steps: [5, 50], every: 5m}\n")
	users("1980")
	r.restart()
	r.settle()
	r.wantState("ee applied")
	server.Forget()
	next := users("1981")
	r.settle()
	r.wantState("ee applied")
	entries, err := r.config.Journal.Entries(record.Filter{Environment: "ee", Group: "ee", Commit: next})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, e := range slices.Backward(entries) {
		steps = append(steps, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.State, e.Reason, e.Text)))
	}
	want := []string{
		"applied canary canary of users at 5 %", "applied canary canary of users at 50 %", "applied canary canary of users at 100 %", "applied commit",
	}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	r.wantText("ee", "0 created, 1 updated, 0 deleted on 1 group; verified")
	live, err := client.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if spec := fmt.Sprint(live[gateway.Key{Kind: gateway.Services, ID: "users"}].Spec); !strings.Contains(spec, "1981") || strings.Contains(spec, "1980") {
		t.Errorf("the service ends as %s", spec)
	}
	if writes := strings.Join(server.Writes(), "\n"); !strings.Contains(writes, "sluice-detour-canary-") {
		t.Errorf("no copy was made: %s", writes)
	}
}
