package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// journeys follow commits from their arrival to their end in each environment.
type journeys struct {
	applied  *prometheus.HistogramVec
	outcomes *prometheus.CounterVec

	came *arrivals
}

func newJourneys() journeys {
	return journeys{
		applied: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sluice_commit_to_applied_seconds",
			Help:    "Time from the fetch that brought a commit to its being applied and verified in an environment.",
			Buckets: []float64{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600},
		}, []string{"environment"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_commits_total", Help: "Commits that came to an end in an environment, by what they came to.",
		}, []string{"environment", "outcome"}),
		came: &arrivals{settled: map[string]int{}},
	}
}

// Arrived says that a fetch brought a commit. Unseen says that it may have been there before anybody looked: the time of the commit then
// stands for that of its arrival, and it is not counted as a way from there to applied.
func (m *Metrics) Arrived(commit source.Commit, began time.Time, unseen bool) {
	if unseen && commit.When.Before(began) {
		began = commit.When
	}
	m.came.add(arrival{commit: commit.Hash, at: began, exact: !unseen})
}

// Event counts what a step of the reconciler says.
func (m *Metrics) Event(e reconciler.Event) {
	if e.Drift {
		m.drifted(e)
		return
	}
	if e.Group != "" || !e.State.Final() {
		return
	}
	m.outcomes.WithLabelValues(label(e.Environment), string(e.State)).Inc()
	if e.State == record.Superseded {
		return // the one that carries it has its own
	}
	came, known := m.came.settle(e.Environment, e.Commit.Hash)
	if known && came.exact && (e.State == record.Applied || e.State == record.Unchanged) {
		m.applied.WithLabelValues(label(e.Environment)).Observe(time.Since(came.at).Seconds())
	}
}

// arrival is one commit that came.
type arrival struct {
	commit string
	at     time.Time
	exact  bool // it was not there before
}

// mostArrivals bounds how many commits are remembered.
const mostArrivals = 1000

// arrivals are the commits that came, oldest first. The zero value must be given its map.
type arrivals struct {
	mu      sync.Mutex
	list    []arrival
	cut     int            // how many came before those of the list
	settled map[string]int // by environment: how many commits it has nothing more to do for
}

func (all *arrivals) add(one arrival) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if n := len(all.list); n > 0 && all.list[n-1].commit == one.commit {
		return
	}
	all.list = append(all.list, one)
	if over := len(all.list) - mostArrivals; over > 0 {
		all.list, all.cut = append([]arrival{}, all.list[over:]...), all.cut+over
	}
}

// settle notes that an environment has come to the end of a commit, and so of those before it.
func (all *arrivals) settle(environment, commit string) (arrival, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for i := len(all.list) - 1; i >= 0; i-- {
		if all.list[i].commit == commit {
			all.settled[environment] = max(all.settled[environment], all.cut+i+1)
			return all.list[i], true
		}
	}
	return arrival{}, false
}

// oldest returns when the oldest commit came that an environment has not come to the end of; false: it waits for none.
func (all *arrivals) oldest(environment string) (time.Time, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	i := max(all.settled[environment]-all.cut, 0)
	if i >= len(all.list) {
		return time.Time{}, false
	}
	return all.list[i].at, true
}

func (all *arrivals) forget(environment string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.settled, environment)
}
