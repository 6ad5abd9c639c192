package daemon

import (
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

// journeys are the commits that are on their way, for the span that all others of their trace stand below. The zero value has none; it is
// safe for use by several goroutines at once.
type journeys struct {
	mu     sync.Mutex
	newest string              // the commit that was seen last; empty: none, or none since another replica led
	open   map[string]*journey // by commit
}

// journey is the way of one commit.
type journey struct {
	came  time.Time
	told  trace.Link      // what had told of it
	ended map[string]bool // by environment
}

// mostJourneys bounds how many commits are followed; beyond, the oldest is given up.
const mostJourneys = 200

// see takes note of the newest commit, and returns the one before.
func (all *journeys) see(commit string) (before string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	before, all.newest = all.newest, commit
	return before
}

func (all *journeys) begin(commit source.Commit, came time.Time, told trace.Link) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.open == nil {
		all.open = map[string]*journey{}
	}
	if all.open[commit.Hash] != nil {
		return
	}
	if len(all.open) >= mostJourneys {
		delete(all.open, all.oldest())
	}
	all.open[commit.Hash] = &journey{came: came, told: told, ended: map[string]bool{}}
}

func (all *journeys) oldest() string {
	var first string
	for commit, one := range all.open {
		if first == "" || one.came.Before(all.open[first].came) {
			first = commit
		}
	}
	return first
}

// step takes note of the end of a commit in an environment. With the last one the whole way is over.
func (all *journeys) step(tracer *trace.Tracer, e reconciler.Event, status func() reconciler.Status) {
	if tracer == nil || e.Drift || e.Group != "" || !e.State.Final() {
		return
	}
	environments := status().Environments
	all.mu.Lock()
	defer all.mu.Unlock()
	way := all.open[e.Commit.Hash]
	if way == nil {
		return
	}
	way.ended[e.Environment] = true
	for _, env := range environments {
		if !way.ended[env.Name] {
			return
		}
	}
	delete(all.open, e.Commit.Hash)
	tracer.Arrived(e.Commit.Hash, way.came, time.Now(), way.told, trace.String("commit", e.Commit.Hash), trace.Int("environments", len(environments)))
}
