package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/reconciler"
)

// outside is what is asked of and told to others than gateways.
type outside struct {
	fetched  *prometheus.HistogramVec
	lookedUp prometheus.Gauge
	posts    *prometheus.CounterVec
	dropped  prometheus.Counter
}

func newOutside() outside {
	made := outside{
		fetched: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_git_fetch_duration_seconds",
			Help:    "Time of one look at the followed branch, with the fetch of what was new.",
			Buckets: []float64{0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60},
		}, []string{"result"}),
		lookedUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sluice_git_last_success_timestamp_seconds",
			Help: "When the followed branch was read last; before the first time, when the daemon started.",
		}),
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_status_posts_total", Help: "Commit statuses that were posted to the forge, by result.",
		}, []string{"result"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sluice_log_lines_dropped_total", Help: "Lines of the log that were left out because the same came too often.",
		}),
	}
	made.lookedUp.SetToCurrentTime()
	return made
}

// Fetched counts a look at the followed branch.
func (m *Metrics) Fetched(took time.Duration, err error) {
	m.fetched.WithLabelValues(result(err)).Observe(took.Seconds())
	m.Took(reconciler.StageFetch, "", took, err)
	if err == nil {
		m.lookedUp.SetToCurrentTime()
	}
}

// Posted counts a commit status that was sent to the forge.
func (m *Metrics) Posted(err error) { m.posts.WithLabelValues(result(err)).Inc() }

// Dropped counts a line that the log left out.
func (m *Metrics) Dropped() { m.dropped.Inc() }
