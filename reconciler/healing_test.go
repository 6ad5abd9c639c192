package reconciler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// driftIn sets the drift of prod.
func (r *rig) driftIn(drift string) {
	r.t.Helper()
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\ndrift: " + drift + "\n")
	r.commit("drift")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

func TestAnIgnoredFieldStaysAsItIsLive(t *testing.T) {
	r := newRig(t)
	r.driftIn(`{mode: heal, ignore: ["upstreams/users:nodes"]}`)
	users := gateway.Key{Kind: gateway.Upstreams, ID: "users"}
	live := func() (nodes, retries any) {
		spec := r.live("prod-eu")[users].Spec
		return spec["nodes"], spec["retries"]
	}
	r.writes()
	scaled := map[string]any{"127.0.0.1:1980": int64(1), "127.0.0.1:1999": int64(3)}
	r.put("prod-eu", "upstreams/users", map[string]any{"type": "roundrobin", "nodes": scaled, "labels": map[string]any{"managed-by": "sluice"}})
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("an ignored field was healed: %v", writes)
	}
	if env, _ := r.Status().Environment("prod"); !slices.Equal(env.Groups[0].Ignored, []string{"upstreams/users:nodes"}) || env.Groups[0].Drift != 0 {
		t.Errorf("the status does not say what is ignored: %+v", env)
	}
	r.write("-- base/users.yaml --\nupstreams:\n  users: {nodes: {\"127.0.0.1:1980\": 1}, retries: 2}\nservices:\n  users: {upstream_id: users, hosts: [\"${vars.domain}\"]}\n" +
		"routes:\n  users: {service_id: users, uri: /users/*}\nglobal_rules:\n  ids: {plugins: {request-id: {}}}\n")
	r.commit("retries")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if nodes, retries := live(); !gateway.Equal(nodes, scaled) || !gateway.Equal(retries, int64(2)) {
		t.Errorf("nodes %v, retries %v", nodes, retries)
	}
	if entry, _ := r.config.Journal.Last("prod", "prod-eu"); entry.Live != entry.Digest || entry.Live == "" {
		t.Errorf("the entry proves nothing: %+v", entry)
	}
	r.writes()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a pass with nothing to do wrote %v", writes)
	}
}

func TestHealingStopsWhenSomebodyKeepsUndoingIt(t *testing.T) {
	r := newRig(t)
	r.pass()
	undo := func() {
		r.put("prod-us", "routes/users", byHand)
		r.pass()
	}
	for range 5 {
		undo()
	}
	r.writes()
	undo()
	r.restart()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("healed a sixth time: %v", writes)
	}
	env, _ := r.Status().Environment("prod")
	if us := env.Groups[1]; env.State != "applied" || us.Drift != 1 || !strings.Contains(us.Error, "healing stopped: routes/users was changed back 5 times") {
		t.Errorf("the status does not say so: %+v", env)
	}
	r.put("prod-us", "global_rules/ids", map[string]any{"plugins": map[string]any{"cors": map[string]any{}}})
	r.Retry()
	r.pass()
	if env, _ := r.Status().Environment("prod"); env.Groups[1].Drift != 0 || env.Groups[1].Error != "" {
		t.Errorf("it is not healed though somebody asked: %+v", env)
	}
	undo()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("a new commit")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.writes()
	undo()
	if writes := r.writes(); len(writes["prod-us"]) == 0 {
		t.Error("a new commit does not heal again")
	}
}

// TestAGroupThatLostEverythingIsFilledAtOnce empties a gateway long before the next look for drift.
func TestAGroupThatLostEverythingIsFilledAtOnce(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval, r.config.Pulse = time.Hour, 10*time.Millisecond
	r.restart()
	go func() { _ = r.Run(t.Context(), nil) }()
	r.wantState("prod applied")
	for round := range 2 {
		keys := r.live("prod-us").Keys()
		for _, key := range slices.Backward(keys) { // a pass in the middle may put some back
			if err := r.clients["prod-us"].Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		for deadline := time.Now().Add(20 * time.Second); len(r.live("prod-us")) < 4; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("round %d: it is not filled: %v", round, r.live("prod-us"))
			}
		}
	}
}
