package reconciler_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// TestTroubleIsTakenBackFromACommitThatIsLeft lets a gateway be out of reach when an applied commit is looked at again, and another commit
// have its turn before that has passed.
func TestTroubleIsTakenBackFromACommitThatIsLeft(t *testing.T) {
	r := statusRig(t)
	r.pass()
	first := r.post()
	r.faults["test"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "etcd is down" })
	r.Look()
	r.pass()
	if posted := strings.Join(r.post(), "\n"); !strings.Contains(posted, "sluice/test error: test: admin API unreachable") {
		t.Fatalf("the trouble is not shown:\n%s", posted)
	}
	r.faults["test"].set(nil)
	r.route("next")
	r.pass()
	if posted := strings.Join(r.post(), "\n"); !strings.Contains(posted, first[0]) {
		t.Errorf("the end %q is not shown again:\n%s", first[0], posted)
	}
	r.pass()
	if again := r.post(); len(again) > 0 {
		t.Errorf("shown again and again: %q", again)
	}
}

// TestACarriedCommitHasAnOutcomeWhateverEndsMeanwhile holds that a commit gets the outcome of the one that carries it though an older one
// has ended in between, as with a remote that lags, and though the one that carries it was lost by the branch.
func TestACarriedCommitHasAnOutcomeWhateverEndsMeanwhile(t *testing.T) {
	r := newRig(t)
	r.pass()
	carried, older := r.route("carried"), r.route("older")
	head := r.route("head")
	orphan := r.route("orphan")
	lost := r.route("lost")
	r.git("reset", "--quiet", "--hard", orphan)
	for _, e := range []record.Entry{
		{Commit: carried, State: record.Superseded, CarriedBy: head},
		{Commit: older, State: record.Applied, Groups: []string{"test"}},
		{Commit: lost, State: record.Superseded},
		{Commit: orphan, State: record.Superseded, CarriedBy: lost},
	} {
		e.Environment = "test"
		if err := r.config.Journal.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	r.git("reset", "--quiet", "--hard", head)
	r.restart()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	for commit, want := range map[string]record.State{carried: record.Applied, orphan: record.Superseded} {
		entries, err := r.config.Journal.Entries(record.Filter{Environment: "test", Commit: commit, Limit: 1})
		if err != nil || len(entries) == 0 || entries[0].Outcome != want {
			t.Errorf("%.7s: %+v %v, want the outcome %s", commit, entries, err, want)
		}
	}
}

// TestAHeadThatCameBackIsShownToWait force-pushes a commit away and back while a gateway is out of reach: what waits for it is shown, and not
// that the branch was rewritten without it.
func TestAHeadThatCameBackIsShownToWait(t *testing.T) {
	r := statusRig(t)
	r.pass()
	base := r.git("rev-parse", "HEAD")
	r.faults["test"].set(down)
	back := r.route("back")
	r.pass()
	r.git("reset", "--quiet", "--hard", base)
	r.pass()
	lost := back[:7] + " sluice/uat error: the branch was rewritten without it"
	if posted := strings.Join(r.post(), "\n"); !strings.Contains(posted, lost) {
		t.Fatalf("no status %q in\n%s", lost, posted)
	}
	r.git("reset", "--quiet", "--hard", back)
	r.pass()
	waits := back[:7] + " sluice/uat pending: waits for test, which is planning"
	if posted := strings.Join(r.post(), "\n"); !strings.Contains(posted, waits) {
		t.Errorf("no status %q in\n%s", waits, posted)
	}
}

// TestQueueEveryGoesOnAfterACommitThatFailed holds that a commit that an earlier environment could not take is not waited for by the later.
func TestQueueEveryGoesOnAfterACommitThatFailed(t *testing.T) {
	r := newRig(t)
	r.verified(", queue: every")
	r.settle()
	r.write("-- base/broken.yaml --\nroutes:\n  broken: {url: /x}\n")
	broken := r.commit("break")
	r.write("-- base/broken.yaml --\n{}\n")
	mended := r.commit("mend")
	next := r.route("next")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, commit := range []string{mended, next} {
		if ends := r.ends("prod", commit); len(ends) == 0 {
			t.Errorf("%.7s had no turn in prod", commit)
		}
	}
	if ends := r.ends("test", broken); len(ends) != 1 || !strings.HasPrefix(ends[0], "failed") {
		t.Errorf("the commit that is at fault ended as %q", ends)
	}
}

// TestAPauseThatEndsOpensNoWindow lets a pause end between the beginning of a turn and its first write: the window is shut all the same.
func TestAPauseThatEndsOpensNoWindow(t *testing.T) {
	r := newRig(t)
	var at atomic.Int64
	at.Store(monday.Add(5 * time.Hour).Unix())
	r.config.Now = func() time.Time { return time.Unix(at.Load(), 0) }
	r.verified("")
	r.settle()
	r.write(verifying(", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]") + "paused: {reason: hands off, until: 2026-12-07T06:00:00Z}\n")
	r.commit("pause")
	r.route("night")
	r.faults["prod-eu"].set(func(*http.Request) (int, string) {
		at.Store(monday.Add(7 * time.Hour).Unix())
		return 0, ""
	})
	r.settle()
	r.wantStates("test applied, uat applied, prod queued")
	if r.has("prod-eu", "routes/night") {
		t.Error("a commit was begun while the window was shut")
	}
}
