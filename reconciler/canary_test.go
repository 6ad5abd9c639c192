package reconciler_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/verify"
)

// canaryRig is a rig whose prod takes a new upstream of users in steps.
type canaryRig struct {
	*rig
	*stepVerifier
	good string // what was verified before
}

// stepVerifier notes at which share each group stood when it was asked, as "prod-eu 25" for a step and "prod-eu whole" for the end.
type stepVerifier struct {
	r  *rig
	mu sync.Mutex

	seen  []string
	fails string                   // what does not hold
	gates map[string]chan struct{} // what waits
}

func (v *stepVerifier) Faults(verify.Wave) diag.List { return nil }

func (v *stepVerifier) Verify(ctx context.Context, w verify.Wave, tell func(string)) verify.Report {
	what := v.at(w)
	v.mu.Lock()
	v.seen = append(v.seen, what)
	fails, gate := v.fails == what, v.gates[what]
	v.mu.Unlock()
	tell("soaking 3m of 5m")
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
		}
	}
	if fails {
		return verify.Report{Checks: []verify.Check{{Kind: "metric", Name: "5xx", Text: "0.7, want at most 0.5"}}}
	}
	return verify.Report{Checks: []verify.Check{{Kind: "metric", Name: "5xx", OK: true, Text: "0.1"}}}
}

func (v *stepVerifier) at(w verify.Wave) string {
	groups := strings.Join(w.Groups, "+")
	if soak := w.Environment.Rollout.Verify.Soak; soak != 5*time.Minute {
		return groups + " whole"
	}
	return fmt.Sprint(groups, " ", v.r.share(w.Groups[0]))
}

// taken returns what was asked since the last call.
func (v *stepVerifier) taken() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := v.seen
	v.seen = nil
	return seen
}

// gate lets what stands there wait until what is returned is called.
func (v *stepVerifier) gate(what string) (open func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	gate := make(chan struct{})
	v.gates[what] = gate
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.gates[what] == gate {
			delete(v.gates, what)
			close(gate)
		}
	}
}

func (v *stepVerifier) failAt(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fails = what
}

// whole is the share of a group whose service has no split.
const whole = -1

// share reads the weight of the copy on services/users, or on routes/users where that carries the split; whole when there is none.
func (r *rig) share(group string) int {
	live := r.live(group)
	for _, kind := range []gateway.Kind{gateway.Services, gateway.Routes} {
		plugins, _ := live[gateway.Key{Kind: kind, ID: "users"}].Spec["plugins"].(map[string]any)
		split, ok := plugins["traffic-split"].(map[string]any)
		if !ok {
			continue
		}
		rule := split["rules"].([]any)[0].(map[string]any)
		entry := rule["weighted_upstreams"].([]any)[0].(map[string]any)
		share, _ := entry["weight"].(int64)
		return int(share)
	}
	return whole
}

// node is where the upstream of users leads in a group.
func (r *rig) node(group string) string {
	upstream := r.live(group)[gateway.Key{Kind: gateway.Upstreams, ID: "users"}]
	return fmt.Sprint(upstream.Spec["nodes"])
}

func (r *rig) isClean(group, port string) {
	r.t.Helper()
	if r.share(group) != whole || !strings.Contains(r.node(group), port) {
		r.t.Errorf("%s: share %d, upstream %s", group, r.share(group), r.node(group))
	}
	for key := range r.live(group) {
		if key.Temporary() {
			r.t.Errorf("%s still has %s", group, key)
		}
	}
}

func prodWith(groups, rollout string) string {
	return `
-- environments/prod/environment.yaml --
extends: [base]
after: [uat]
groups: ` + groups + `
vars: {domain: acme.example}
rollout:
  verify: {health: true}
  canary:
    - service: users
      steps: [5, 25, 50]
      every: 5m
      metrics: [{name: 5xx, query: errors, max: 0.5}]
` + rollout
}

func newCanaryRig(t *testing.T, groups, rollout string) *canaryRig {
	t.Helper()
	r := newRig(t)
	v := &stepVerifier{r: r, gates: map[string]chan struct{}{}}
	r.config.Verifier = v
	r.write(prodWith(groups, rollout))
	c := &canaryRig{rig: r, stepVerifier: v, good: r.commit("canary")}
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	v.taken()
	r.applied()
	return c
}

// upstream commits another address of users.
func (r *rig) upstream(port string) string {
	r.t.Helper()
	r.write(strings.ReplaceAll(`
-- base/users.yaml --
upstreams:
  users: {nodes: {"127.0.0.1:PORT": 1}}
services:
  users: {upstream_id: users, hosts: ["${vars.domain}"]}
routes:
  users: {service_id: users, uri: /users/*}
global_rules:
  ids: {plugins: {request-id: {}}}
`, "PORT", port))
	return r.commit("users moves to " + port)
}

// until runs passes until the verifier was asked for something.
func (c *canaryRig) until(what string) {
	c.t.Helper()
	c.passUntil(func() bool {
		c.stepVerifier.mu.Lock()
		defer c.stepVerifier.mu.Unlock()
		return slices.Contains(c.seen, what)
	})
}

// steps returns the digests and texts of a group's entries at a commit, oldest first, without the digests.
func (c *canaryRig) steps(group, commit string) []string {
	c.t.Helper()
	entries, err := c.config.Journal.Entries(record.Filter{Environment: "prod", Group: group, Commit: commit})
	if err != nil {
		c.t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.State, e.Reason, e.Text)))
	}
	slices.Reverse(lines)
	return lines
}

func (c *canaryRig) want(what string, want, got []string) {
	c.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const twoWaves = "[prod-eu, prod-us]"

var allSteps = []string{
	"applied canary canary of users at 5 %", "applied canary canary of users at 25 %", "applied canary canary of users at 50 %",
	"applied canary canary of users at 100 %", "applied commit",
}

func TestACanaryGoesInStepsWaveByWave(t *testing.T) {
	c := newCanaryRig(t, twoWaves, "")
	open := c.gate("prod-eu 25")
	next := c.upstream("1981")
	c.until("prod-eu 25")
	c.wantText("prod", "wave 1/2: prod-eu canary of users at 25 %, soaking 3m of 5m")
	env, _ := c.Status().Environment("prod")
	if env.State != "verifying" || env.Groups[0].Canary != "canary of users at 25 %" || env.Groups[1].Canary != "" {
		t.Errorf("status: %+v", env)
	}
	if c.share("prod-us") != whole || !strings.Contains(c.node("prod-us"), "1980") {
		t.Error("the second wave has begun")
	}
	open()
	c.settle()
	c.wantStates("test applied, uat applied, prod applied")
	c.want("asked", []string{
		"prod-eu 5", "prod-eu 25", "prod-eu 50", "prod-eu whole", "prod-us 5", "prod-us 25", "prod-us 50", "prod-us whole",
	}, c.taken())
	for _, group := range []string{"prod-eu", "prod-us"} {
		c.want("journal of "+group, allSteps, c.steps(group, next))
		c.isClean(group, "1981")
	}
	env, _ = c.Status().Environment("prod")
	if env.Groups[0].Canary != "" {
		t.Errorf("the status still tells of a step: %+v", env.Groups[0])
	}
	c.writes()
	c.pass()
	if writes := c.writes(); len(writes) > 0 {
		t.Errorf("a pass with nothing to do wrote %v", writes)
	}
}

func TestGroupsSideBySideTakeTheirStepsTogether(t *testing.T) {
	c := newCanaryRig(t, "[[prod-eu, prod-us]]", "")
	c.upstream("1981")
	c.settle()
	c.want("asked", []string{"prod-eu+prod-us 5", "prod-eu+prod-us 25", "prod-eu+prod-us 50", "prod-eu+prod-us whole"}, c.taken())
	c.isClean("prod-eu", "1981")
	c.isClean("prod-us", "1981")
}

func TestACanaryThatDoesNotHoldIsTakenBack(t *testing.T) {
	for _, test := range []struct{ name, rollout, fails, text, states, eu string }{
		{"hold, first wave", "", "prod-eu 25",
			"canary of users at 25 %: metric 5xx: 0.7, want at most 0.5; taken back", "failed", "1980"},
		{"hold, second wave", "", "prod-us 50",
			"canary of users at 50 %: metric 5xx: 0.7, want at most 0.5; taken back", "failed", "1981"},
		{"rollback, second wave", "  onFailure: rollback\n", "prod-us 5",
			"canary of users at 5 %: metric 5xx: 0.7, want at most 0.5; prod runs GOOD again", "rolled-back", "1980"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCanaryRig(t, twoWaves, test.rollout)
			c.failAt(test.fails)
			c.upstream("1981")
			c.settle()
			check := func() {
				t.Helper()
				c.wantStates("test applied, uat applied, prod " + test.states)
				if want := strings.ReplaceAll(test.text, "GOOD", c.good[:7]); c.text("prod") != want {
					t.Errorf("the status says %q, want %q", c.text("prod"), want)
				}
				c.isClean("prod-eu", test.eu)
				c.isClean("prod-us", "1980")
			}
			check()
			group, _, _ := strings.Cut(test.fails, " ")
			back := c.steps(group, c.good)
			if want := []string{"applied canary canary of users at 0 %", "applied rollback"}; !slices.Equal(back[len(back)-2:], want) {
				t.Errorf("the way back: %v", back)
			}
			c.writes()
			c.restart()
			c.pass()
			check()
			if writes := c.writes(); len(writes) > 0 {
				t.Errorf("the environment does not stand: %v", writes)
			}
			c.failAt("")
			c.Retry()
			c.settle()
			c.wantStates("test applied, uat applied, prod applied")
			c.isClean("prod-eu", "1981")
		})
	}
}

func TestACanarySurvivesARestartAtEachStep(t *testing.T) {
	for _, at := range []string{"5", "25", "50", "whole"} {
		t.Run(at, func(t *testing.T) {
			c := newCanaryRig(t, "[prod-eu]", "")
			open := c.gate("prod-eu " + at)
			next := c.upstream("1981")
			c.until("prod-eu " + at)
			open()
			c.restart()
			c.taken()
			c.settle()
			all := []string{"prod-eu 5", "prod-eu 25", "prod-eu 50", "prod-eu whole"}
			c.want("asked after the restart", all[slices.Index(all, "prod-eu "+at):], c.taken())
			c.want("journal", allSteps, c.steps("prod-eu", next))
			c.isClean("prod-eu", "1981")
		})
	}
}

func TestDriftIsHealedToTheStepThatStands(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	open := c.gate("prod-eu 25")
	c.upstream("1981")
	c.until("prod-eu 25")
	service := c.live("prod-eu")[gateway.Key{Kind: gateway.Services, ID: "users"}]
	bent := map[string]any{"upstream_id": "users", "hosts": []any{"bent.example"}, "labels": service.Spec["labels"]}
	c.put("prod-eu", "services/users", bent)
	c.pass()
	if c.share("prod-eu") != 25 {
		t.Errorf("drift was healed to share %d", c.share("prod-eu"))
	}
	c.pass()
	open()
	c.settle()
	c.want("asked", []string{"prod-eu 5", "prod-eu 25", "prod-eu 50", "prod-eu whole"}, c.taken())
	c.isClean("prod-eu", "1981")
}

func TestARevertEndsACanaryAtOnce(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	defer c.gate("prod-eu 25")()
	bad := c.upstream("1981")
	c.until("prod-eu 25")
	c.git("revert", "--no-edit", "HEAD")
	c.settle()
	c.wantStates("test applied, uat applied, prod applied")
	if !strings.Contains(c.text("prod"), "restores "+c.good[:7]) {
		t.Errorf("the status says %q", c.text("prod"))
	}
	c.isClean("prod-eu", "1980")
	c.want("the commit that was reverted", []string{"superseded", "superseded"}, onlyWhole(c.entries("prod", bad)))
}

func onlyWhole(entries []string) []string {
	return slices.DeleteFunc(entries, func(line string) bool { return strings.Contains(line, " ") })
}

func TestANewerCommitGoesOnFromTheStepThatStands(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	defer c.gate("prod-eu 25")()
	c.upstream("1981")
	c.until("prod-eu 25")
	c.taken()
	open := c.gate("prod-eu 25")
	c.route("more") // the same upstream
	c.until("prod-eu 25")
	if c.has("prod-eu", "routes/more") || c.share("prod-eu") != 25 {
		t.Error("the rest of the commit did not wait for the landing, or the share is another one")
	}
	open()
	c.settle()
	c.want("asked", []string{"prod-eu 25", "prod-eu 50", "prod-eu whole"}, c.taken())
	c.isClean("prod-eu", "1981")
}

func TestANewerUpstreamBeginsAnew(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	defer c.gate("prod-eu 25")()
	c.upstream("1981")
	c.until("prod-eu 25")
	c.taken()
	defer c.gate("prod-eu 25")()
	c.upstream("1982") // gates are by share: this one comes to 25 % too, after 5
	c.until("prod-eu 25")
	// It took the place of another, and is not pre-empted but by a revert.
	c.upstream("1980")
	c.settle()
	c.wantStates("test applied, uat applied, prod applied")
	c.isClean("prod-eu", "1980")
}

func TestAPauseStopsBetweenSteps(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	open := c.gate("prod-eu 25")
	c.upstream("1981")
	c.until("prod-eu 25")
	err := c.config.Journal.Pause(record.Pause{Environment: "prod", By: "ops", Reason: "looking", Until: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	open()
	c.settle()
	c.wantStates("test applied, uat applied, prod queued")
	if c.share("prod-eu") != 25 {
		t.Errorf("the share is %d in a pause", c.share("prod-eu"))
	}
	if err := c.config.Journal.Resume("prod", "ops"); err != nil {
		t.Fatal(err)
	}
	c.settle()
	c.want("asked", []string{"prod-eu 5", "prod-eu 25", "prod-eu 50", "prod-eu whole"}, c.taken())
	c.isClean("prod-eu", "1981")
}

func TestAProvenUpstreamNeedsNoCanary(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	c.upstream("1981")
	c.settle()
	c.taken()
	c.git("revert", "--no-edit", "HEAD")
	c.settle()
	c.want("asked", []string{"prod-eu whole"}, c.taken())
	c.isClean("prod-eu", "1980")
}

// TestTheEndOfACanaryCountsWhatItsStepsWrote removes a route and adds two with the first step of a canary.
func TestTheEndOfACanaryCountsWhatItsStepsWrote(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "")
	c.write("-- base/old.yaml --\nroutes:\n  old: {uri: /old, upstream: {nodes: {\"127.0.0.1:1980\": 1}}}\n")
	c.commit("old")
	c.settle()
	c.git("rm", "-q", "base/old.yaml")
	c.write("-- base/new.yaml --\nroutes:\n  one: {uri: /one, upstream: {nodes: {\"127.0.0.1:1980\": 1}}}\n  two: {uri: /two, upstream: {nodes: {\"127.0.0.1:1980\": 1}}}\n")
	c.upstream("1981")
	c.settle()
	c.wantStates("test applied, uat applied, prod applied")
	c.wantText("prod", "2 created, 1 updated, 1 deleted on 1 group; verified")
}

// TestALaterWaveThatWouldRefuseTheFirstStepStopsTheFirstWave lets a gateway of the second wave refuse the copy of the upstream.
func TestALaterWaveThatWouldRefuseTheFirstStepStopsTheFirstWave(t *testing.T) {
	c := newCanaryRig(t, twoWaves, "")
	c.faults["prod-us"].set(func(req *http.Request) (int, string) {
		if !strings.HasSuffix(req.URL.Path, "/configs/validate") {
			return 0, ""
		}
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("sluice-detour-canary")) {
			return 0, ""
		}
		return http.StatusBadRequest, `{"error_msg":"Configuration validation failed","errors":[{"resource_type":"services","resource_id":"users","index":0,"error":"no splits here"}]}`
	})
	c.writes()
	c.upstream("1981")
	c.settle()
	c.wantStates("test applied, uat applied, prod failed")
	if text := c.text("prod"); !strings.Contains(text, "group prod-us would refuse services/users: is refused by the gateway: no splits here") {
		t.Errorf("the status says %q", text)
	}
	if writes := c.writes(); len(writes["prod-eu"])+len(writes["prod-us"]) > 0 {
		t.Errorf("written all the same: %v", writes)
	}
}
