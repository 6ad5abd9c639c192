package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// work is what the stages of a pass cost, and what they found.
type work struct {
	stages   *prometheus.HistogramVec
	verified *prometheus.HistogramVec
	found    *prometheus.CounterVec
	healed   *prometheus.CounterVec
}

func newWork() work {
	return work{
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_stage_duration_seconds",
			Help:    "Time that one run of a stage took, by stage and result.",
			Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300},
		}, []string{"stage", "result"}),
		verified: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_verify_duration_seconds",
			Help:    "Time from the begin of the verification of a wave to its end, the soak included.",
			Buckets: []float64{1, 5, 15, 60, 120, 300, 600, 900, 1800, 3600, 7200},
		}, []string{"environment", "result"}),
		found: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_drift_found_total", Help: "Resources that were changed behind Git's back and that Sluice began to put back.",
		}, []string{"environment", "group"}),
		healed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_drift_healed_total", Help: "Resources that were changed behind Git's back and were put back.",
		}, []string{"environment", "group"}),
	}
}

// Took counts the time of a stage.
func (m *Metrics) Took(stage, environment string, took time.Duration, err error) {
	if stage == reconciler.StageVerify {
		m.verified.WithLabelValues(label(environment), result(err)).Observe(took.Seconds())
	}
	m.stages.WithLabelValues(stage, result(err)).Observe(took.Seconds())
}

// Holds keeps when the first certificate of a gateway group ends.
func (m *Metrics) Holds(_, group, digest string, state gateway.State) {
	m.certificates.look(group, digest, state)
}

func (m *Metrics) drifted(e reconciler.Event) {
	if e.Group == "" || e.Changes == 0 {
		return
	}
	switch e.State {
	case record.Applying:
		m.found.WithLabelValues(label(e.Environment), label(e.Group)).Add(float64(e.Changes))
	case record.Applied:
		m.healed.WithLabelValues(label(e.Environment), label(e.Group)).Add(float64(e.Changes))
	}
}

// result says in a word how something went. What was stopped because something else came first is no error.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "error"
}
