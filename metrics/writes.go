package metrics

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
)

// writes is what goes to the gateways.
type writes struct {
	changes  *prometheus.CounterVec
	barriers *prometheus.HistogramVec
	requests *prometheus.HistogramVec
	retries  *prometheus.CounterVec
}

func newWrites() writes {
	return writes{
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_changes_total", Help: "Changes of plans that were tried, by operation and result.",
		}, []string{"group", "op", "result"}),
		barriers: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_barrier_wait_seconds",
			Help:    "Time until every instance had taken a step of a plan, by what showed that.",
			Buckets: []float64{0.05, 0.25, 0.5, 1, 2, 5, 10, 30, 60},
		}, []string{"proof"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_gateway_request_duration_seconds",
			Help:    "Time until an Admin API answered a request, by class of the answer.",
			Buckets: []float64{0.01, 0.05, 0.25, 1, 5, 30},
		}, []string{"group", "code"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_gateway_retries_total", Help: "Requests to an Admin API that were sent once more.",
		}, []string{"group", "op"}),
	}
}

// Wrote counts what happened while a group was written.
func (m *Metrics) Wrote(_, group string, e apply.Event) {
	switch e.What {
	case apply.ChangeDone:
		m.changes.WithLabelValues(label(group), string(e.Change.Op), written(e.Err)).Inc()
	case apply.ChangeSkipped:
		m.changes.WithLabelValues(label(group), string(e.Change.Op), "skipped").Inc()
	case apply.Settled:
		m.barriers.WithLabelValues(proof(e)).Observe(e.Took.Seconds())
	}
}

func proof(e apply.Event) string {
	switch {
	case e.Err != nil:
		return "failed"
	case e.Confirmed:
		return "confirmed"
	}
	return "time"
}

// written says in a word what became of a change.
func written(err error) string {
	spoken, ok := errors.AsType[*gateway.Error](err)
	switch {
	case err == nil:
		return "ok"
	case ok && spoken.Class == gateway.Refused:
		return "refused"
	case ok && spoken.Class == gateway.Denied:
		return "denied"
	}
	return "unreachable"
}

// Transport counts the requests to a gateway group that go through next, and the tries that are repeats.
func (m *Metrics) Transport(group string, next http.RoundTripper) http.RoundTripper {
	return &meter{metrics: m, group: group, next: next}
}

// meter is the way of the requests of one group.
type meter struct {
	metrics *Metrics
	group   string
	next    http.RoundTripper
}

// RoundTrip sends a request, and counts how long the answer took to begin.
func (t *meter) RoundTrip(request *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := t.next.RoundTrip(request)
	code := "error"
	if err == nil {
		code = strconv.Itoa(response.StatusCode/100) + "xx"
	}
	t.metrics.requests.WithLabelValues(label(t.group), code).Observe(time.Since(began).Seconds())
	return response, err
}

// Retried counts that a request is tried once more.
func (t *meter) Retried(op string) { t.metrics.retries.WithLabelValues(label(t.group), op).Inc() }
