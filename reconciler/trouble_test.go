package reconciler_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAGatewayOutOfReachIsTriedAgain(t *testing.T) {
	r := newRig(t)
	r.faults["uat"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "etcd is down" })
	if pass := r.pass(); pass.Next == 0 {
		t.Error("the pass does not ask for another one")
	}
	r.wantStates("test applied, uat planning, prod queued")
	env, _ := r.Status().Environment("uat")
	if !strings.Contains(env.Text, "retrying") || env.Groups[0].Error == "" {
		t.Errorf("the trouble is not told: %+v", env)
	}
	r.faults["uat"].set(nil)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if env, _ := r.Status().Environment("uat"); env.Groups[0].Error != "" {
		t.Errorf("the trouble is still told: %+v", env)
	}
}

func TestARefusedResourceFailsTheEnvironmentAndIsNotTriedForEver(t *testing.T) {
	r := newRig(t)
	r.faults["uat"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/upstreams/") {
			return http.StatusBadRequest, `{"error_msg":"no upstreams today"}`
		}
		return 0, ""
	})
	r.pass()
	r.wantStates("test applied, uat failed, prod queued")
	env, _ := r.Status().Environment("uat")
	if !strings.Contains(env.Text, "no upstreams today") {
		t.Errorf("the gateway's reason is not told: %q", env.Text)
	}
	r.pass()
	r.pass()
	lines := len(r.entries("uat", ""))
	r.writes()
	r.pass()
	if writes := r.writes(); len(writes["uat"]) > 0 {
		t.Errorf("what was refused is tried again and again: %v", writes)
	}
	if now := len(r.entries("uat", "")); now != lines {
		t.Errorf("the journal grows: %d, then %d entries", lines, now)
	}
	if env, _ := r.Status().Environment("uat"); !strings.Contains(env.Text, "no upstreams today") {
		t.Errorf("later passes hide the gateway's reason: %q", env.Text)
	}
	r.faults["uat"].set(nil)
	r.Retry()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

func TestAFailedWaveStopsTheNextOne(t *testing.T) {
	r := newRig(t)
	r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut {
			return http.StatusBadRequest, `{"error_msg":"no"}`
		}
		return 0, ""
	})
	r.pass()
	r.wantStates("test applied, uat applied, prod failed")
	if len(r.live("prod-us")) > 0 {
		t.Error("the second wave was opened")
	}
}

func TestAnUnreadableGatewayIsNeverEmpty(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.writes()
	for _, body := range []string{`{"list":[],"total":3}`, `{"list":[`, `<html>hello</html>`, ``} {
		r.faults["test"].set(func(req *http.Request) (int, string) {
			if req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/routes") {
				return http.StatusOK, body
			}
			return 0, ""
		})
		if _, err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if writes := r.writes(); len(writes) > 0 {
			t.Errorf("live read as %q led to writes: %v", body, writes)
		}
	}
}

func TestARestartWithAGatewayOutOfReachForgetsNothing(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.faults["test"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "etcd is down" })
	r.put("prod-us", "routes/users", byHand)
	r.restart()
	r.pass()
	r.wantStates("test planning, uat applied, prod applied")
	if entry, _ := r.config.Journal.Last("prod", "prod-us"); entry.Reason != "drift" || entry.State != "applied" {
		t.Errorf("prod's drift was not healed: %+v", entry)
	}
	r.faults["test"].set(nil)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

func TestACommitThatBreaksTheRootIsAFaultOfEveryEnvironment(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- sluice.yaml --\nversion: 7\n")
	r.commit("break everything")
	r.writes()
	r.pass()
	r.wantStates("test failed, uat failed, prod failed")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("writes: %v", writes)
	}
	r.git("revert", "--no-edit", "HEAD")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod unchanged")
}

func TestAForcePushIsApplied(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("more")
	r.pass()
	r.git("reset", "--quiet", "--hard", "HEAD^")
	r.write("-- base/other.yaml --\nroutes:\n  other: {service_id: users, uri: /other}\n")
	r.commit("other")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if r.has("prod-eu", "routes/more") || !r.has("prod-eu", "routes/other") {
		t.Error("the gateway does not follow the branch as it is now")
	}
}

func TestAConfigRepoOutOfReachChangesNothingAndDriftIsStillHealed(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.writes()
	if err := os.Rename(r.repo, r.repo+".gone"); err != nil {
		t.Fatal(err)
	}
	pass, err := r.Once(t.Context())
	if err == nil || pass.Next == 0 {
		t.Errorf("err %v, next %v", err, pass.Next)
	}
	if r.Status().Error == "" {
		t.Error("the status does not tell")
	}
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("writes: %v", writes)
	}
	r.put("prod-us", "routes/users", byHand)
	if _, err := r.Once(t.Context()); err == nil {
		t.Error("the repository is still out of reach, and the pass does not say so")
	}
	if entry, _ := r.config.Journal.Last("prod", "prod-us"); entry.Reason != "drift" || entry.State != "applied" {
		t.Errorf("drift was not healed meanwhile: %+v", entry)
	}
	r.restart() // after which only the journal and the mirror know the commit
	r.put("prod-eu", "routes/users", byHand)
	if _, err := r.Once(t.Context()); err == nil {
		t.Error("the repository is still out of reach, and the pass does not say so")
	}
	if entry, _ := r.config.Journal.Last("prod", "prod-eu"); entry.Reason != "drift" || entry.State != "applied" {
		t.Errorf("drift was not healed after a restart: %+v", entry)
	}
	r.wantStates("test applied, uat applied, prod applied")
	if err := os.Rename(r.repo+".gone", r.repo); err != nil {
		t.Fatal(err)
	}
	r.pass()
	if r.Status().Error != "" {
		t.Error("the status still tells")
	}
}

// TestKillAtEveryWriteConverges cuts the first apply of a commit off at each of its writes, starts anew over what is on disk,
// and wants the same end.
func TestKillAtEveryWriteConverges(t *testing.T) {
	r := newRig(t)
	r.pass()
	want := map[string]string{}
	r.write("-- base/more.yaml --\nupstreams:\n  more: {nodes: {\"127.0.0.1:1981\": 1}}\nroutes:\n  more: {upstream_id: more, uri: /more}\nglobal_rules:\n  cors: {plugins: {cors: {}}}\n-- base/users.yaml --\nupstreams:\n  users: {nodes: {\"127.0.0.1:1980\": 1}}\nroutes:\n  users: {upstream_id: users, uri: /users/*}\n")
	more := r.commit("more")
	r.pass()
	for group := range r.gateways {
		want[group] = r.live(group).Digest()
	}
	for writes := 1; ; writes += 3 { // the simulation kills at more of them
		r.git("revert", "--no-edit", more)
		r.pass()
		r.git("revert", "--no-edit", "HEAD")
		more = r.git("rev-parse", "HEAD")
		cut := r.killAfter(writes)
		r.restart()
		r.pass()
		r.wantStates("test applied, uat applied, prod applied")
		for group, digest := range want {
			if r.live(group).Digest() != digest {
				t.Fatalf("killed after %d writes: %s is at another end", writes, group)
			}
		}
		for _, env := range r.Status().Environments {
			if env.Applied != more {
				t.Fatalf("killed after %d writes: %s runs %s, want %s", writes, env.Name, env.Applied, more)
			}
		}
		if !cut {
			break
		}
	}
}

// killAfter lets a pass make so many writes; then no write goes through any more and the pass is abandoned where it stands, with
// its journal cut off in the middle. It reports whether the pass was cut off at all.
func (r *rig) killAfter(writes int) bool {
	r.t.Helper()
	return r.killIn(writes, func(ctx context.Context) { _, _ = r.Once(ctx) }) // cut off: whatever it says
}

// killIn does so with what run does.
func (r *rig) killIn(writes int, run func(ctx context.Context)) bool {
	ctx, kill := context.WithCancel(r.t.Context())
	defer kill()
	var mu sync.Mutex // the writes of one phase go side by side
	left, cut := writes, false
	for _, f := range r.faults {
		f.set(func(req *http.Request) (int, string) {
			if req.Method == http.MethodGet || req.Method == http.MethodHead {
				return 0, ""
			}
			mu.Lock()
			defer mu.Unlock()
			if left--; left < 0 {
				cut = true
				kill()
				return http.StatusServiceUnavailable, "killed"
			}
			return 0, ""
		})
	}
	before, err := os.ReadFile(r.journal)
	if err != nil {
		r.t.Fatal(err)
	}
	run(ctx)
	r.stop()
	r.cutJournal(before)
	for _, f := range r.faults {
		f.set(nil)
	}
	return cut
}

// cutJournal takes away what a killed process would not have written: every line after the last begin.
func (r *rig) cutJournal(before []byte) {
	after, err := os.ReadFile(r.journal)
	if err != nil {
		r.t.Fatal(err)
	}
	end := len(after)
	if at := strings.LastIndex(string(after[len(before):]), `"type":"begin"`); at >= 0 {
		from := len(before) + at
		end = from + strings.IndexByte(string(after[from:]), '\n') + 1
	}
	if err := os.WriteFile(r.journal, after[:end], 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func TestAGroupOfAnotherEnvironmentIsRefused(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test, prod-eu, nowhere]\nvars: {domain: test.acme.example}\n-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-us]\nvars: {domain: acme.example}\n")
	r.commit("take prod's gateway")
	r.pass()
	r.wantStates("test failed, uat queued, prod queued")
	entry, _ := r.config.Journal.Last("test", "")
	for _, want := range []string{`gateway group "prod-eu" belongs to environment "prod"`, `gateway group "nowhere" is not in the daemon's file`} {
		if !strings.Contains(entry.Error, want) {
			t.Errorf("fault %q is missing in:\n%s", want, entry.Error)
		}
	}
	if diff := cmp.Diff(map[string][]string{}, r.writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// TestNothingCountsAsAppliedThatIsNotSeen has a gateway that answers a write with success and does not carry it out.
func TestNothingCountsAsAppliedThatIsNotSeen(t *testing.T) {
	for _, swallowed := range []string{http.MethodPut, http.MethodDelete} {
		t.Run(swallowed, func(t *testing.T) {
			r := newRig(t)
			r.config.DriftInterval = time.Hour
			r.restart()
			r.pass()
			r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
			r.commit("more")
			if swallowed == http.MethodDelete {
				r.pass()
				r.git("revert", "--no-edit", "HEAD")
			}
			r.faults["test"].set(func(req *http.Request) (int, string) {
				if req.Method == swallowed {
					return http.StatusOK, `{"key":"/apisix/routes/more","value":{"id":"more"},"deleted":"1"}`
				}
				return 0, ""
			})
			r.pass()
			r.wantStates("test failed, uat queued, prod queued")
			if env, _ := r.Status().Environment("test"); !strings.Contains(env.Text, "routes/more") {
				t.Errorf("the text does not name the resource: %q", env.Text)
			}
			r.pass()
			lines := len(r.entries("test", ""))
			r.writes()
			r.write("-- base/other.yaml --\nvars: {unused: 1}\n")
			r.commit("another commit with the same plan")
			r.pass()
			if writes := r.writes(); len(writes) > 0 || len(r.entries("test", "")) > lines+1 {
				t.Errorf("it is tried again and again: %v, %d entries, then %d", writes, lines, len(r.entries("test", "")))
			}
		})
	}
}
