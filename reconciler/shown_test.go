package reconciler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/record"
)

// post takes what waits in the outbox, as a forge would, and returns it in order.
func (r *rig) post() []string {
	r.t.Helper()
	var posted []string
	for _, e := range r.config.Journal.Outbox() {
		posted = append(posted, fmt.Sprintf("%.7s %s %s: %s", e.Commit, e.Status.Context, e.Status.State, e.Status.Text))
		if err := r.config.Journal.Posted(e); err != nil {
			r.t.Fatal(err)
		}
	}
	return posted
}

func statusRig(t *testing.T) *rig {
	r := newRig(t)
	r.config.Statuses = true
	r.restart()
	return r
}

func TestEveryEnvironmentShowsItsEndOnTheCommit(t *testing.T) {
	r := statusRig(t)
	first := r.git("rev-parse", "--short=7", "HEAD")
	r.pass()
	want := []string{
		first + " sluice/test success: 4 created, 0 updated, 0 deleted on 1 group",
		first + " sluice/uat success: 4 created, 0 updated, 0 deleted on 1 group",
		first + " sluice/prod success: 8 created, 0 updated, 0 deleted on 2 groups",
	}
	if diff := cmp.Diff(want, r.post()); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
	r.pass()
	r.restart()
	r.pass()
	if again := r.post(); len(again) > 0 {
		t.Errorf("posted again though nothing has changed: %q", again)
	}
	r.write("-- base/broken.yaml --\nroutes:\n  broken: {url: /x}\n")
	broken := r.commit("break")[:7]
	r.pass()
	posted := strings.Join(r.post(), "\n")
	for _, line := range []string{broken + " sluice/test failure: base/broken.yaml:2:", broken + " sluice/uat failure: waits for test, which is failed", broken + " sluice/prod failure: waits for uat, which is queued"} {
		if !strings.Contains(posted, line) {
			t.Errorf("no status %q in\n%s", line, posted)
		}
	}
}

func TestACarriedCommitShowsWhatCarriesIt(t *testing.T) {
	r := statusRig(t)
	r.pass()
	r.write("-- base/one.yaml --\nroutes:\n  one: {service_id: users, uri: /one}\n")
	one := r.commit("one")[:7]
	r.write("-- base/two.yaml --\nroutes:\n  two: {service_id: users, uri: /two}\n")
	two := r.commit("two")[:7]
	r.post()
	r.pass()
	posted := strings.Join(r.post(), "\n")
	for _, env := range []string{"test", "uat", "prod"} {
		if line := fmt.Sprintf("%s sluice/%s success: carried by %s, which is applied", one, env, two); !strings.Contains(posted, line) {
			t.Errorf("no status %q in\n%s", line, posted)
		}
	}
}

// TestTroubleIsShownAndTakenBack holds that a gateway out of reach is an error on the commit, and that what waits behind it is pending,
// until both have an end. A restart in between loses nothing.
func TestTroubleIsShownAndTakenBack(t *testing.T) {
	r := statusRig(t)
	first := r.git("rev-parse", "--short=7", "HEAD")
	r.faults["uat"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "etcd is down" })
	r.pass()
	want := []string{
		first + " sluice/test success: 4 created, 0 updated, 0 deleted on 1 group",
		first + " sluice/uat error: uat: admin API unreachable, retrying",
		first + " sluice/prod pending: waits for uat, which is planning",
	}
	if diff := cmp.Diff(want, r.post()); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
	r.faults["uat"].set(nil)
	r.restart()
	r.pass()
	want = []string{
		first + " sluice/uat success: 4 created, 0 updated, 0 deleted on 1 group",
		first + " sluice/prod success: 8 created, 0 updated, 0 deleted on 2 groups",
	}
	if diff := cmp.Diff(want, r.post()); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
}

// TestAnEndThatIsTriedAgainIsShownAgain tries a failed commit again and again: each time its end is the last that is shown.
func TestAnEndThatIsTriedAgainIsShownAgain(t *testing.T) {
	r := statusRig(t)
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/upstreams/") {
			return http.StatusBadRequest, `{"error_msg":"no upstreams today"}`
		}
		return 0, ""
	})
	for i := range 3 {
		r.Retry()
		r.pass()
		head := r.Status().Head
		for _, e := range r.config.Journal.Outbox() {
			if e.Status.Context == "sluice/test" && e.Status.State != record.StatusFailure {
				t.Errorf("try %d leaves %s: %s", i+1, e.Status.State, e.Status.Text)
			}
		}
		if r.config.Journal.Pending(head, "sluice/test") {
			t.Errorf("try %d leaves no end", i+1)
		}
		r.post()
		if i == 1 {
			r.restart()
		}
	}
}

// TestAWaveThatIsWrittenShowsAsApplying looks at the status and at the outbox in the middle of a write.
func TestAWaveThatIsWrittenShowsAsApplying(t *testing.T) {
	r := statusRig(t)
	var state, text string
	var waiting []record.Entry
	r.faults["prod-us"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && state == "" {
			env, _ := r.Status().Environment("prod")
			state, text = env.State, env.Text
			waiting = r.config.Journal.Outbox()
		}
		return 0, ""
	})
	r.pass()
	if state != "applying" || text != "wave 2/2: prod-us" {
		t.Errorf("prod is %s: %q", state, text)
	}
	// The text follows after a minute at the earliest.
	if last := waiting[len(waiting)-1].Status; last.State != record.StatusPending || last.Text != "wave 1/2: prod-eu" {
		t.Errorf("the forge is shown %+v", last)
	}
	r.wantStates("test applied, uat applied, prod applied")
}

func TestNobodyPostsNothingWaits(t *testing.T) {
	r := newRig(t)
	r.pass()
	if waiting := r.config.Journal.Outbox(); len(waiting) > 0 {
		t.Errorf("%d statuses wait for nobody", len(waiting))
	}
}
