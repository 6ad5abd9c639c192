package reconciler_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// trailers returns the trailers that would allow what an environment is held for.
func (r *rig) trailers(env string) []string {
	r.t.Helper()
	last, _ := r.config.Journal.Last(env, "")
	var all []string
	for line := range strings.Lines(last.Error) {
		if trailer, found := strings.CutPrefix(strings.TrimSpace(line), "to allow it: "); found {
			all = append(all, trailer)
		}
	}
	return all
}

// heldProd holds prod at a commit that removes two protected routes, one of them from the second wave alone.
func heldProd(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\n" +
		"guard: {protect: [\"routes/*\"]}\n" +
		"-- environments/prod/groups/prod-us/us.yaml --\nroutes:\n  us: {service_id: users, uri: /us}\n" +
		"-- base/old.yaml --\nroutes:\n  old: {service_id: users, uri: /old}\n")
	r.commit("routes")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.write("-- base/old.yaml --\n{}\n-- environments/prod/groups/prod-us/us.yaml --\n{}\n")
	r.commit("remove them")
	r.pass()
	r.wantStates("test applied, uat applied, prod held")
	return r
}

func TestALeaveIsForOnePlanOfOneGroup(t *testing.T) {
	r := heldProd(t)
	trailers := r.trailers("prod")
	if len(trailers) != 2 || trailers[0] == trailers[1] {
		t.Fatalf("trailers %v, want one for each group", trailers)
	}
	r.commit("Allow the first\n\n" + trailers[0])
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod held")
	if !r.has("prod-eu", "routes/old") || !slices.Equal(r.trailers("prod"), trailers[1:]) {
		t.Errorf("a leave for one group opened another, or is asked for again: %v", r.trailers("prod"))
	}
	r.commit("Allow the second\n\n" + trailers[1]) // the first leave came with the commit before
	r.restart()
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	if r.has("prod-eu", "routes/old") || r.has("prod-us", "routes/us") {
		t.Error("what was allowed was not done")
	}
}

// TestALeaveIsSeenAtItsGroup: which group still waits is told at once, and not when live is next looked at in full.
func TestALeaveIsSeenAtItsGroup(t *testing.T) {
	r := heldProd(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	held := func(want ...bool) {
		t.Helper()
		r.pass()
		env, _ := r.Status().Environment("prod")
		for i, group := range env.Groups {
			if strings.Contains(group.Error, "held: guard") != want[i] {
				t.Errorf("%s: %q", group.Name, group.Error)
			}
		}
	}
	r.pass() // it looks at all of live
	r.commit("another one")
	held(true, true)
	r.commit("Allow the first\n\n" + r.trailers("prod")[0])
	held(false, true)
}

func TestALeaveEndsWhenThePlanChanges(t *testing.T) {
	for _, change := range []string{"the commit", "live", "live between the waves"} {
		t.Run(change, func(t *testing.T) {
			r := heldProd(t)
			trailers := r.trailers("prod")
			stray := func() {
				r.stranger("prod-us")("routes/stray", byHand)
			}
			switch change {
			case "the commit":
				r.write("-- environments/prod/groups/prod-us/us.yaml --\nupstreams:\n  us: {nodes: {\"127.0.0.1:1\": 1}}\n")
			case "live":
				stray()
			default:
				once := false
				r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
					if req.Method == http.MethodDelete && !once {
						once = true
						stray()
					}
					return 0, ""
				})
			}
			r.restart()
			r.commit("Allow it\n\n" + strings.Join(trailers, "\n"))
			r.pass()
			if env, _ := r.Status().Environment("prod"); env.State == "applied" {
				t.Errorf("a leave for another plan was taken: %+v", env)
			}
			if _, ok := r.live("prod-us")[gateway.Key{Kind: gateway.Routes, ID: "us"}]; !ok {
				t.Error("the route is gone")
			}
		})
	}
}
