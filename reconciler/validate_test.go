package reconciler_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// TestWhatAGatewayWouldRefuseIsWrittenNowhere has one group of two refuse a resource that no offline check can know: not a thing is
// written to either, and the fault stands where the config repo wrote it.
func TestWhatAGatewayWouldRefuseIsWrittenNowhere(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- environments/prod/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n" +
		"-- environments/prod/groups/prod-us/us.yaml --\nroutes:\n  more:\n    plugins:\n      no-such-plugin: {}\n")
	r.commit("more")
	r.writes()
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod failed")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("written all the same: %v", writes)
	}
	env, _ := r.Status().Environment("prod")
	if want := "environments/prod/groups/prod-us/us.yaml:4:7: group prod-us would refuse plugins.no-such-plugin of routes/more"; !strings.HasPrefix(env.Text, want) {
		t.Errorf("status %q, want %q", env.Text, want)
	}
	r.git("rm", "-q", "environments/prod/groups/prod-us/us.yaml")
	r.commit("without it")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
}

// TestDriftIsHealedWhateverTheGatewayThinksOfIt says that what was applied once is put back even where one resource of it would be
// refused today: the others must not wait for a person.
func TestDriftIsHealedWhateverTheGatewayThinksOfIt(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.faults["test"].set(refuseToValidate)
	r.put("test", "routes/users", byHand)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	for key, resource := range r.live("test") {
		if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
			t.Error("drift is not healed")
		}
	}
}

func refuseToValidate(req *http.Request) (int, string) {
	if !strings.HasSuffix(req.URL.Path, "/configs/validate") {
		return 0, ""
	}
	return http.StatusBadRequest, `{"error_msg":"Configuration validation failed","errors":[{"resource_type":"routes","resource_id":"users","index":0,"error":"not today"}]}`
}

// TestAHealThatWasOvertakenIsDriftStill has somebody else write while drift is healed: the second try is no commit's.
func TestAHealThatWasOvertakenIsDriftStill(t *testing.T) {
	r := newRig(t)
	r.pass()
	other := r.stranger("test")
	r.put("test", "routes/users", byHand)
	r.put("test", "upstreams/users", map[string]any{"nodes": map[string]any{"127.0.0.1:9": int64(1)}, "labels": map[string]any{"managed-by": "sluice"}})
	var once sync.Once
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, "/upstreams/users") {
			once.Do(func() { other("routes/users", byHand) })
		}
		return refuseToValidate(req)
	})
	r.pass()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	entries, err := r.config.Journal.Entries(record.Filter{Environment: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if entries[0].Reason != "drift" || entries[0].State != record.Applied {
		t.Errorf("the last entry is %s for %s", entries[0].State, entries[0].Reason)
	}
}

// TestWhoMayOnlyReadHasAPlan says that a plan needs no right to write.
func TestWhoMayOnlyReadHasAPlan(t *testing.T) {
	r := newRig(t)
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			return http.StatusUnauthorized, `{"error_msg":"failed to check token","description":"invalid method for role viewer"}`
		}
		return 0, ""
	})
	planner := reconciler.NewPlanner(reconciler.Config{Groups: r.config.Groups}, &record.View{})
	snapshot, err := r.source.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := planner.Load(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := planner.Plan(t.Context(), snapshot, tree, "test")
	if err != nil || len(plans) != 1 || plans[0].Err != nil || len(plans[0].Plan.Changes()) == 0 {
		t.Fatalf("plans %+v, error %v", plans, err)
	}
	if text := plans[0].Plan.Warnings.Error(); !strings.Contains(text, "was not asked what it would refuse") {
		t.Errorf("warnings: %s", text)
	}
}
