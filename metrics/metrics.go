package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
)

// Journal is what is asked of the journal; record.Journal is one.
type Journal interface {
	LastApplied(environment, group string) (record.Entry, bool)
	Outbox() []record.Entry
	Stats() record.Stats
}

// Config says whom to ask when somebody reads the metrics. Status and Journal are needed; what is nil of the rest is left out.
type Config struct {
	Version, Revision string // of the program

	Status  func() reconciler.Status
	Journal Journal
	// Leads reports whether this process is the one that acts.
	Leads func() bool
	// Rendered counts the work of the renderer; false: there is none now.
	Rendered func() (render.Stats, bool)
	// Webhooks counts the deliveries of a forge by what came of them.
	Webhooks func() (source string, counts map[string]int)
	// Troubles says since when something outside does not take what it is sent, by what it is.
	Troubles func() map[string]time.Time
	// Dropped counts the lines that the log has left out.
	Dropped func() int64
	// Certificate is when the certificate of the daemon's own address ends; zero: it has none.
	Certificate func() time.Time
}

// Metrics counts and answers. New makes one; it is safe for use by several goroutines at once.
type Metrics struct {
	registry *prometheus.Registry
	config   Config
	journeys
	work
	writes
	outside
	certificates certificates
	roster       roster
	labelled     []labelled // what has series for environments and groups
}

// New returns Metrics with a registry of its own.
func New(config Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), config: config}
	m.journeys, m.work, m.writes, m.outside = newJourneys(), newWork(), newWrites(), newOutside()
	m.labelled = append(m.labelled, m.applied, m.outcomes, m.verified, m.changes, m.retries, m.requests, m.found, m.healed)
	for _, c := range m.collectors() {
		m.registry.MustRegister(c)
	}
	return m
}

// collectors are all that answer, in the order of docs/metrics.md.
func (m *Metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		m.applied, m.outcomes, environments{m}, m.stages, m.verified, m.barriers, m.found, m.healed, m.changes, m.requests, m.retries,
		m.posts, m.fetched, m.lookedUp, asked{m}, buildInfo(m.config),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
}

// Of those who read at the same time more are refused, and who reads for longer is cut off: a server's own bound is 30 s.
const (
	mostReaders = 4
	readTime    = 25 * time.Second
)

// Handler answers with all metrics, in the form that the reader asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true, MaxRequestsInFlight: mostReaders, Timeout: readTime,
	})
}

func buildInfo(config Config) prometheus.Collector {
	labels := prometheus.Labels{"version": config.Version, "revision": config.Revision, "goversion": runtime.Version()}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sluice_build_info", Help: "Always 1: the labels say which program this is.", ConstLabels: labels,
	})
	info.Set(1)
	return info
}
