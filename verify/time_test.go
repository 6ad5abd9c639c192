package verify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/verify"
)

// sample is an answer of Prometheus with these values.
func sample(values ...string) string {
	var results []string
	for _, value := range values {
		results = append(results, fmt.Sprintf(`{"metric": {}, "value": [1, %q]}`, value))
	}
	return `{"status": "success", "data": {"resultType": "vector", "result": [` + strings.Join(results, ", ") + `]}}`
}

// TestVerify holds how long a verification takes, and what comes of it.
func TestVerify(t *testing.T) {
	const probe = "probes: [{name: users, url: 'http://users/health'%s}]"
	const metric = "metrics: [{name: 5xx, query: errors, max: 0.5%s}]"
	rules := func(form, more string) string { return fmt.Sprintf(form, more) }
	up := func(w *world) { w.always("users", 200, ""); w.always("prometheus:9090", 200, sample("0.2")) }
	tests := []struct {
		name, rules string
		world       func(*world)
		proven      bool
		want        string
		took        time.Duration
	}{
		{"nothing is asked for", "{}", up, false, "", 0},
		{"health", "health: true", up, false, "ok health  [eu] ready\nok health  [us] ready\n", 0},
		{"a probe", rules(probe, ""), up, false, "ok probe users [] 200 in 0s\n", 0},
		{"answers in a row", rules(probe, ", times: 3, every: 2s"), up, false, "ok probe users [] 200 in 0s, 3 times\n", 4 * time.Second},
		{"a row begins anew", rules(probe, ", times: 3"), func(w *world) { w.after("users", 200, 200, 503, 200) }, false,
			"ok probe users [] 200 in 0s, 3 times\n", 5 * time.Second},
		{"an upstream that takes its time", rules(probe, ""), func(w *world) { w.after("users", 503, 503, 503, 503, 200) }, false,
			"ok probe users [] 200 in 0s\n", 4 * time.Second},
		{"a probe that never holds", rules(probe, ""), func(w *world) { w.always("users", 502, "") }, false,
			"no probe users [] 502, want 200 to 299\n", 15 * time.Minute},
		{"a timeout of its own", rules(probe, "") + "\ntimeout: 90s", func(*world) {}, false,
			"no probe users [] the answer can't be read as HTTP\n", 90 * time.Second},
		{"soak", rules(probe, "") + "\nsoak: 10m", up, false, "ok probe users [] 200 in 0s\nok soak  [] 10m\n", 10 * time.Minute},
		{"soak alone", "soak: 5m", up, false, "ok soak  [] 5m\n", 5 * time.Minute},
		{"soak is left out for what was proven", rules(metric, ", for: 2m") + "\nsoak: 10m", up, true, "ok metric 5xx [] 0.2, at most 0.5\n", 0},
		{"a blip begins the soak anew", rules(probe, "") + "\nsoak: 1m", func(w *world) { w.after("users", 200, 200, 503, 200) }, false,
			"ok probe users [] 200 in 0s\nok soak  [] 1m\n", 90 * time.Second},
		{"three in a row end the soak", rules(probe, "") + "\nsoak: 10m", func(w *world) { w.after("users", 200, 200, 503) }, false,
			"no probe users [] 503, want 200 to 299\nno soak  [] 0s of 10m\n", 40 * time.Second},
		{"a soak that never ends", rules(probe, "") + "\nsoak: 1m\ntimeout: 965s", func(w *world) { w.after("users", strobe(500)...) }, false,
			"ok probe users [] 200 in 0s\nno soak  [] 0s of 1m\n", 965 * time.Second},
		{"a metric", rules(metric, ""), up, false, "ok metric 5xx [] 0.2, at most 0.5\n", 0},
		{"a metric for a time", rules(metric, ", for: 2m"), up, false, "ok metric 5xx [] 0.2, at most 0.5, for 2m\n", 2 * time.Minute},
		{"a metric for less than its pace", rules(metric, ", for: 4s"), up, false, "ok metric 5xx [] 0.2, at most 0.5, for 4s\n", 4 * time.Second},
		{"the time of a metric begins anew", rules(metric, ", for: 1m"), values5xx("0.1", "0.1", "0.9", "0.1"), false,
			"ok metric 5xx [] 0.1, at most 0.5, for 1m\n", 105 * time.Second},
		{"no number", rules(metric, "") + "\ntimeout: 1m", values5xx("NaN"), false, "no metric 5xx [] not a number\n", time.Minute},
		{"infinite", rules(metric, "") + "\ntimeout: 1m", values5xx("+Inf"), false, "no metric 5xx [] +Inf, want at most 0.5\n", time.Minute},
		{"one of several", rules(metric, "") + "\ntimeout: 1m", func(w *world) { w.always("prometheus:9090", 200, sample("0.1", "7", "0.2")) }, false,
			"no metric 5xx [] 7, want at most 0.5 (of 3 series)\n", time.Minute},
		{"all of several", rules(metric, ""), func(w *world) { w.always("prometheus:9090", 200, sample("0.1", "0.3", "0.2")) }, false,
			"ok metric 5xx [] 0.3, at most 0.5 (of 3 series)\n", 0},
		{"no data", rules(metric, "") + "\ntimeout: 1m", func(w *world) { w.always("prometheus:9090", 200, sample()) }, false,
			"no metric 5xx [] no data\n", time.Minute},
		{"no data is fine", rules(metric, ", noData: pass"), func(w *world) { w.always("prometheus:9090", 200, sample()) }, false,
			"ok metric 5xx [] no data, which is fine\n", 0},
		{"too little", "metrics: [{name: rps, query: q, min: 5}]\ntimeout: 1m", values5xx("4.5"), false,
			"no metric rps [] 4.5, want at least 5\n", time.Minute},
		{"a server that comes back", rules(metric, ""), func(w *world) {
			up(w)
			fine, tries := w.answers["prometheus:9090"], 0
			w.answers["prometheus:9090"] = func(r *http.Request) (int, string, error) {
				if tries++; tries < 4 {
					return 0, "", context.DeadlineExceeded
				}
				return fine(r)
			}
		}, false, "ok metric 5xx [] 0.2, at most 0.5\n", 45 * time.Second},
		{"a server that is away for a while stops the clock", rules(metric, ", for: 2m") + "\nsoak: 5m", func(w *world) {
			up(w)
			fine, began := w.answers["prometheus:9090"], time.Now()
			w.answers["prometheus:9090"] = func(r *http.Request) (int, string, error) {
				if since := time.Since(began); since > 30*time.Second && since < 70*time.Second || since > 4*time.Minute && since < 6*time.Minute {
					return 0, "", context.DeadlineExceeded
				}
				return fine(r)
			}
		}, false, "ok metric 5xx [] 0.2, at most 0.5, for 2m\nok soak  [] 5m\n", 9*time.Minute + 30*time.Second},
		{"a server that is down", rules(metric, "") + "\ntimeout: 1m", func(w *world) { w.always("prometheus:9090", 503, "gone") }, false,
			"no metric 5xx [] metrics could not be read: 503, and the answer is not that of a Prometheus\n", time.Minute},
		{"a query that is none", rules(metric, ""), func(w *world) {
			w.always("prometheus:9090", 400, `{"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}`)
		}, false, "no metric 5xx [] the query is refused: parse error: unexpected end\n", 0},
		{"a query of a range", rules(metric, ""), func(w *world) {
			w.always("prometheus:9090", 200, `{"status": "success", "data": {"resultType": "matrix", "result": []}}`)
		}, false, "no metric 5xx [] the query gives a matrix, want a vector or a scalar\n", 0},
		{"a scalar", rules(metric, ""), func(w *world) {
			w.always("prometheus:9090", 200, `{"status": "success", "data": {"resultType": "scalar", "result": [1, "0.25"]}}`)
		}, false, "ok metric 5xx [] 0.25, at most 0.5\n", 0},
		{"a histogram", rules(metric, "") + "\ntimeout: 1m", func(w *world) {
			w.always("prometheus:9090", 200, `{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": [1, {}]}]}}`)
		}, false, "no metric 5xx [] metrics could not be read: a sample has no value\n", time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := newWorld()
				test.world(world)
				wave := waveOf(t, test.rules, "eu", "us")
				wave.Proven = test.proven
				began := time.Now()
				report := verify.New(world.config()).Verify(t.Context(), wave, nil)
				if diff := cmp.Diff(test.want, outline(report)); diff != "" {
					t.Errorf("report (-want +got):\n%s", diff)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("took %s, want %s", took, test.took)
				}
			})
		})
	}
}

// strobe is n answers, every second of which is a failure.
func strobe(n int) []int {
	var statuses []int
	for range n {
		statuses = append(statuses, 200, 503)
	}
	return statuses
}

// values5xx makes Prometheus give these values one after the other, and the last for ever.
func values5xx(values ...string) func(*world) {
	return func(w *world) {
		i := -1
		w.answers["prometheus:9090"] = func(*http.Request) (int, string, error) {
			i = min(i+1, len(values)-1)
			return 200, sample(values[i]), nil
		}
	}
}

// TestTold holds what is told while a verification goes on: changes only, and at most one a second.
func TestTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, told := newWorld(), texts{}
		world.after("users", 502, 502, 502, 200)
		world.always("prometheus:9090", 200, sample("0.2"))
		down := 4
		config := world.config()
		config.Health["eu"] = func(context.Context) error {
			if down--; down > 0 {
				return errors.New("http://eu-1:7085 is not ready: 503")
			}
			return nil
		}
		wave := waveOf(t, `health: true
probes: [{name: users, url: "http://users/${group}", times: 2}]
metrics: [{name: 5xx, query: errors, max: 0.5, for: 40s}]
soak: 3m`, "eu")
		report := verify.New(config).Verify(t.Context(), wave, told.tell)
		if check, failed := report.Failed(); failed {
			t.Errorf("%+v does not hold", check)
		}
		want := []string{
			"waiting for health of eu: no answer yet, and 2 more",
			"waiting for health of eu: http://eu-1:7085 is not ready: 503, and 2 more",
			"waiting for health of eu: http://eu-1:7085 is not ready: 503, and 1 more",
			"waiting for metric 5xx: 0.2, at most 0.5, for 0s of 40s",
			"waiting for metric 5xx: 0.2, at most 0.5, for 15s of 40s",
			"waiting for metric 5xx: 0.2, at most 0.5, for 30s of 40s",
			"soaking 0s of 3m; metric 5xx: 0.2, at most 0.5", "soaking 1m of 3m; metric 5xx: 0.2, at most 0.5",
			"soaking 2m of 3m; metric 5xx: 0.2, at most 0.5",
		}
		if diff := cmp.Diff(want, told.all); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		for i := 1; i < len(told.at); i++ {
			if pause := told.at[i].Sub(told.at[i-1]); pause < time.Second {
				t.Errorf("%q was told %s after the text before", told.all[i], pause)
			}
		}
	})
}

// TestAnsweredMoreSeldomOnceItHolds holds that a probe that holds is made at most every ten seconds.
func TestAnsweredMoreSeldomOnceItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld()
		world.always("users", 200, "")
		wave := waveOf(t, "probes: [{name: users, url: 'http://users/', every: 1s, times: 3}]\nsoak: 10m", "eu")
		verify.New(world.config()).Verify(t.Context(), wave, nil)
		if got := world.count(); got < 60 || got > 65 {
			t.Errorf("%d requests in 10 minutes, want one every 10 s", got)
		}
	})
}

// crowded counts how many requests are under way at once. Each takes a second.
type crowded struct{ now, most, all atomic.Int64 }

func (c *crowded) RoundTrip(req *http.Request) (*http.Response, error) {
	c.all.Add(1)
	c.most.Store(max(c.most.Load(), c.now.Add(1)))
	defer c.now.Add(-1)
	time.Sleep(time.Second) // of the bubble
	return &http.Response{StatusCode: 204, Body: http.NoBody, Request: req}, nil
}

// TestManyGroupsAreAskedSomeAtATime holds that a wide wave does not open a connection to each group at once, and that each is asked.
func TestManyGroupsAreAskedSomeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var groups []string
		for i := range 200 {
			groups = append(groups, fmt.Sprintf("g%d", i))
		}
		transport := &crowded{}
		wave := waveOf(t, "probes: [{name: users, url: 'http://${group}/', within: 2s, every: 1m}]", groups...)
		report := verify.New(verify.Config{Probes: anywhere{}, Transport: transport}).Verify(t.Context(), wave, nil)
		if check, failed := report.Failed(); failed || len(report.Checks) != 200 {
			t.Errorf("%d checks, %+v does not hold", len(report.Checks), check)
		}
		if most, all := transport.most.Load(), transport.all.Load(); most != 32 || all < 200 {
			t.Errorf("%d requests, %d at once, want 32 at once", all, most)
		}
	})
}

// TestItEndsWithItsContext holds that a newer commit need not wait.
func TestItEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld()
		world.answers["users"] = func(r *http.Request) (int, string, error) {
			<-r.Context().Done()
			return 0, "", r.Context().Err()
		}
		wave := waveOf(t, "probes: [{name: users, url: 'http://users/', within: 1h}]\nsoak: 10m", "eu")
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		began := time.Now()
		report := verify.New(world.config()).Verify(ctx, wave, nil)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it ended after %s", took)
		}
		if diff := cmp.Diff("no probe users [] no answer yet\nno soak  [] 0s of 10m\n", outline(report)); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
	})
}

// outOfReach is a place of secrets that answers from some moment on.
type outOfReach struct {
	values
	until time.Time
}

type passing struct{}

func (passing) Error() string   { return "vault: out of reach" }
func (passing) Temporary() bool { return true }

func (o outOfReach) Secret(name string) (string, error) {
	if time.Now().Before(o.until) {
		return "", passing{}
	}
	return o.values.Secret(name)
}

// TestASecretThatIsOutOfReachSaysNothingOfTheWave holds that it is waited for.
func TestASecretThatIsOutOfReachSaysNothingOfTheWave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, told := newWorld(), texts{}
		world.always("users", 200, "")
		config := world.config()
		config.Values = outOfReach{values{"token": "x"}, time.Now().Add(2 * time.Minute)}
		wave := waveOf(t, `probes: [{name: users, url: 'http://users/', headers: {x-token: "${secret(token)}"}}]`, "eu")
		report := verify.New(config).Verify(t.Context(), wave, told.tell)
		if diff := cmp.Diff("ok probe users [] 200 in 0s\n", outline(report)); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		if want := "waiting for a secret: ${secret(token)}: vault: out of reach"; told.all[0] != want {
			t.Errorf("told %q, want %q", told.all[0], want)
		}
	})
}
