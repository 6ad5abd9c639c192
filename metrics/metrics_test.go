package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

func check(t *testing.T, what, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestTheWayOfACommit counts it from its arrival to its end.
func TestTheWayOfACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		old := commit("a")
		old.When = time.Now().Add(-time.Hour)
		r.metrics.Arrived(old, time.Now(), true)
		r.show(env("test", "a", record.Planning))
		check(t, "a commit that was there before", "sluice_environment_waiting_seconds{environment=\"test\"} 3600\n", r.read(t, "sluice_environment_waiting"))

		r.metrics.Event(reconciler.Event{Commit: old, Environment: "test", State: record.Applied})
		r.show(env("test", "a", record.Applied))
		check(t, "nobody knows when it came", "", r.read(t, "sluice_commit_to_applied_seconds_count"))

		time.Sleep(time.Minute)
		r.metrics.Arrived(commit("b"), time.Now(), false)
		time.Sleep(10 * time.Second)
		r.metrics.Arrived(commit("c"), time.Now(), false)
		r.show(env("test", "c", record.Verifying))
		time.Sleep(10 * time.Second)
		check(t, "the oldest counts", "sluice_environment_waiting_seconds{environment=\"test\"} 20\n", r.read(t, "sluice_environment_waiting"))

		r.metrics.Event(reconciler.Event{Commit: commit("b"), Environment: "test", State: record.Superseded})
		r.metrics.Event(reconciler.Event{Commit: commit("c"), Environment: "test", Group: "eu", State: record.Applied})
		r.metrics.Event(reconciler.Event{Commit: commit("c"), Environment: "test", State: record.Applied, Drift: true})
		check(t, "neither a group nor drift is the end", "", r.read(t, "sluice_commit_to_applied_seconds_count"))
		r.metrics.Event(reconciler.Event{Commit: commit("c"), Environment: "test", State: record.Applied})
		check(t, "the way", "sluice_commit_to_applied_seconds_sum{environment=\"test\"} 10\nsluice_commit_to_applied_seconds_count{environment=\"test\"} 1\n",
			r.read(t, "sluice_commit_to_applied_seconds_sum", "sluice_commit_to_applied_seconds_count"))
		check(t, "nothing waits", "sluice_environment_waiting_seconds{environment=\"test\"} 0\n", r.read(t, "sluice_environment_waiting"))
		check(t, "outcomes", "sluice_commits_total{environment=\"test\",outcome=\"applied\"} 2\nsluice_commits_total{environment=\"test\",outcome=\"superseded\"} 1\n",
			without(r.read(t, "sluice_commits_total"), " 0\n"))
	})
}

func without(text, end string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, end) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestWhatEndedBeforeTheStartDoesNotWait: after a restart nobody tells that the commit of the journal was applied.
func TestWhatEndedBeforeTheStartDoesNotWait(t *testing.T) {
	r := newRig(t)
	old := commit("a")
	old.When = time.Now().Add(-24 * time.Hour)
	r.metrics.Arrived(old, time.Now(), true)
	r.show(env("test", "a", record.Applied), env("prod", "a", record.Failed))
	check(t, "waiting", "sluice_environment_waiting_seconds{environment=\"prod\"} 0\nsluice_environment_waiting_seconds{environment=\"test\"} 0\n",
		r.read(t, "sluice_environment_waiting"))
}

// TestOneStateIsOn holds the states of an environment to be one.
func TestOneStateIsOn(t *testing.T) {
	r := newRig(t)
	for _, state := range states() {
		r.show(env("prod", "a", state))
		on := without(r.read(t, "sluice_environment_state"), " 0\n")
		check(t, string(state), fmt.Sprintf("sluice_environment_state{environment=\"prod\",state=%q} 1\n", state), on)
	}
}

// TestWhatIsGoneGoesAway takes an environment with its groups away, and one group of another.
func TestWhatIsGoneGoesAway(t *testing.T) {
	r := newRig(t)
	r.show(env("prod", "a", record.Applied, "eu", "us"), env("test", "a", record.Applied, "lab"))
	for _, group := range []string{"eu", "us", "lab"} {
		environment := map[string]string{"eu": "prod", "us": "prod", "lab": "test"}[group]
		r.metrics.Wrote(environment, group, apply.Event{What: apply.ChangeDone, Change: plan.Change{Op: plan.Create}})
		r.metrics.Event(reconciler.Event{Environment: environment, Group: group, Drift: true, Changes: 2, State: record.Applied})
		r.metrics.Took(reconciler.StageVerify, environment, time.Second, nil)
		r.metrics.Event(reconciler.Event{Environment: environment, State: record.Failed})
		r.metrics.Transport(group, http.DefaultTransport).(admin.Retries).Retried("put")
	}
	all := r.read(t)
	for _, name := range []string{`"us"`, `"lab"`, `"test"`, `"eu"`} {
		if strings.Count(all, name) < 4 {
			t.Errorf("few series speak of %s:\n%s", name, all)
		}
	}
	r.show(env("prod", "a", record.Applied, "eu"))
	r.read(t)
	left := r.read(t)
	for _, name := range []string{`"us"`, `"lab"`, `"test"`} {
		if strings.Contains(left, name) {
			t.Errorf("%s is gone, and yet:\n%s", name, left)
		}
	}
	if !strings.Contains(left, `sluice_drift_healed_total{environment="prod",group="eu"} 2`) {
		t.Errorf("what stays has lost its count:\n%s", left)
	}
}

// TestHostileNames takes names that no label may have, and a group that stands twice.
func TestHostileNames(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("x", 10_000)
	r.show(env("bad\xff", "a", record.Applied, long, long+"y"), env("quote\"\n\\", "a", record.Failed, "eu", "eu"), env("\u202eright-to-left", "a", record.Held))
	r.metrics.Event(reconciler.Event{Environment: "bad\xff", State: record.Applied})
	r.metrics.Wrote("bad\xff", long, apply.Event{What: apply.ChangeDone, Change: plan.Change{Op: plan.Create}})
	r.metrics.Took(reconciler.StageVerify, "bad\xff", time.Second, nil)
	all := r.read(t)
	if strings.Contains(all, long) || strings.Count(all, "sluice_group_failing{") != 3 {
		t.Errorf("want two long groups, cut, and one that is told once:\n%s", r.read(t, "sluice_group_failing"))
	}
	if !strings.Contains(all, `sluice_environment_state{environment="quote\"\n\\",state="failed"} 1`) {
		t.Errorf("a name is not quoted:\n%s", r.read(t, "sluice_environment_state"))
	}
	r.show(env("prod", "a", record.Applied))
	r.read(t)
	if left := r.read(t); strings.Contains(left, "bad") || strings.Contains(left, "xxx") {
		t.Errorf("names that are gone are there:\n%s", left)
	}
}

// TestAThousandGroups bounds the series of a large installation.
func TestAThousandGroups(t *testing.T) {
	r := newRig(t)
	var environments []reconciler.EnvironmentStatus
	for i := range 10 {
		e := env(fmt.Sprint("env-", i), "a", record.Applied)
		for j := range 100 {
			group := fmt.Sprintf("group-%d-%d", i, j)
			e.Groups = append(e.Groups, reconciler.GroupStatus{Name: group})
			for _, op := range []plan.Op{plan.Create, plan.Update, plan.Delete} {
				r.metrics.Wrote(e.Name, group, apply.Event{What: apply.ChangeDone, Change: plan.Change{Op: op}})
			}
			r.metrics.requests.WithLabelValues(group, "2xx").Observe(0.1)
			r.metrics.requests.WithLabelValues(group, "4xx").Observe(0.1)
		}
		environments = append(environments, e)
	}
	r.show(environments...)
	if n := strings.Count(r.read(t), "\n"); n > 30_000 {
		t.Errorf("%d series for 1,000 groups", n)
	}
}

// TestNamesAreThoseOfPrometheus holds names, units and help to its conventions.
func TestNamesAreThoseOfPrometheus(t *testing.T) {
	r := newRig(t)
	r.show(env("prod", "a", record.Applied, "eu"))
	r.metrics.Took(reconciler.StagePlan, "prod", time.Second, nil)
	r.metrics.Posted(nil)
	problems, err := testutil.GatherAndLint(r.metrics.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// TestWhatIsAskedWhenSomebodyReads shows the journal, the outbox and the rest as they are.
func TestWhatIsAskedWhenSomebodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.stats = record.Stats{Lines: 12, Bytes: 3456, Appended: 4, Failed: 1}
		r.outbox = []record.Entry{{Started: time.Now().Add(-time.Minute)}, {Started: time.Now().Add(-time.Second)}}
		r.applied["prod"] = record.Entry{Finished: time.Unix(1700000000, 0)}
		r.show(env("prod", "a", record.Applied))
		want := `sluice_api_certificate_expiry_timestamp_seconds 2e+09
sluice_environment_last_success_timestamp_seconds{environment="prod"} 1.7e+09
sluice_journal_appends_total 4
sluice_journal_errors_total 1
sluice_journal_lines 12
sluice_journal_size_bytes 3456
sluice_leader 1
sluice_log_lines_dropped_total 5
sluice_outside_trouble_seconds{what="notes"} 60
sluice_render_cache_hits_total 11
sluice_render_cache_misses_total 3
sluice_render_files_parsed_total 7
sluice_status_oldest_waiting_seconds 60
sluice_statuses_waiting 2
sluice_webhook_deliveries_total{outcome="accepted",source="gitea"} 2
sluice_webhook_deliveries_total{outcome="forged",source="gitea"} 1
`
		got := r.read(t, "sluice_api_", "sluice_environment_last", "sluice_journal", "sluice_leader", "sluice_log", "sluice_outside", "sluice_render",
			"sluice_status_oldest", "sluice_statuses", "sluice_webhook")
		check(t, "metrics", want, got)
	})
}

// TestRequestsAndRetriesAreCounted puts the transport under a client of an Admin API that is refused twice.
func TestRequestsAndRetriesAreCounted(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked <= 2 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	r := newRig(t)
	client, err := admin.NewClient(admin.Config{
		Name: "eu", Key: func() (gateway.Secret, error) { return gateway.NewSecret("", "k"), nil },
		Around: func(next http.RoundTripper) http.RoundTripper { return r.metrics.Transport("eu", next) },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = client.Do(t.Context(), admin.Call{Op: "list", Method: http.MethodGet, URL: server.URL, Take: func(http.Header, io.Reader) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	check(t, "retries", "sluice_gateway_retries_total{group=\"eu\",op=\"list\"} 2\n", r.read(t, "sluice_gateway_retries"))
	check(t, "requests", `sluice_gateway_request_duration_seconds_count{code="2xx",group="eu"} 1
sluice_gateway_request_duration_seconds_count{code="5xx",group="eu"} 2
`, r.read(t, "sluice_gateway_request_duration_seconds_count"))
}

// TestResults gives each way in which something can go its word.
func TestResults(t *testing.T) {
	refused, denied := &gateway.Error{Class: gateway.Refused}, &gateway.Error{Class: gateway.Denied}
	for _, c := range []struct {
		err     error
		written string
		result  string
	}{
		{nil, "ok", "ok"},
		{fmt.Errorf("put: %w", refused), "refused", "error"},
		{denied, "denied", "error"},
		{&gateway.Error{Class: gateway.Unreachable}, "unreachable", "error"},
		{errors.New("what"), "unreachable", "error"},
		{fmt.Errorf("verify: %w", context.Canceled), "unreachable", "stopped"},
	} {
		check(t, fmt.Sprint(c.err), c.written+" "+c.result, written(c.err)+" "+result(c.err))
	}
}
