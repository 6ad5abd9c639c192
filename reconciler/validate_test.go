package reconciler_test

import (
	"net/http"
	"strings"
	"testing"
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
