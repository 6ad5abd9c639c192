package verify

import (
	"testing"
	"time"
)

// TestASoakTellsTheMetricsOfItsLastStep holds that a value alone is not worth a text, and that a line does not name every metric.
func TestASoakTellsTheMetricsOfItsLastStep(t *testing.T) {
	began := time.Now()
	metric := func(name, text string) *standing {
		return &standing{check: &check{kind: ofMetric, name: name}, last: outcome{good, text}, held: true}
	}
	errs := metric("5xx", "0.1, at most 0.5")
	probe := &standing{check: &check{kind: ofProbe, name: "users"}, last: outcome{good, "200"}, held: true}
	w := watch{standings: []*standing{probe, errs}, soak: 5 * time.Minute, held: began}
	want := func(after time.Duration, want string) {
		t.Helper()
		if got := w.text(began.Add(after)); got != want {
			t.Errorf("after %s it says %q, want %q", after, got, want)
		}
	}
	want(time.Minute, "soaking 1m of 5m; metric 5xx: 0.1, at most 0.5")
	errs.last.text = "0.4, at most 0.5"
	want(90*time.Second, "soaking 1m of 5m; metric 5xx: 0.1, at most 0.5")
	want(2*time.Minute, "soaking 2m of 5m; metric 5xx: 0.4, at most 0.5")
	w.standings = append(w.standings, metric("p99", "80, at most 200"), metric("rate", "12, at least 1"))
	want(3*time.Minute, "soaking 3m of 5m; metric 5xx: 0.4, at most 0.5; metric p99: 80, at most 200, and 1 more")
}
