package metrics

import (
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// rig is Metrics over a daemon that says what a test wants.
type rig struct {
	metrics *Metrics

	mu      sync.Mutex
	status  reconciler.Status
	applied map[string]record.Entry // by environment
	outbox  []record.Entry
	stats   record.Stats
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{applied: map[string]record.Entry{}}
	r.metrics = New(Config{
		Version: "1.2.3", Revision: "abc", Status: r.now, Journal: r, Leads: func() bool { return true },
		Rendered: func() (render.Stats, bool) {
			return render.Stats{FilesParsed: 7, GroupsRendered: 3, GroupsReused: 11}, true
		},
		Webhooks:    func() (string, map[string]int) { return "gitea", map[string]int{"accepted": 2, "forged": 1} },
		Troubles:    func() map[string]time.Time { return map[string]time.Time{"notes": time.Now().Add(-time.Minute)} },
		Certificate: func() time.Time { return time.Unix(2000000000, 0) },
		Dropped:     func() int64 { return 5 },
	})
	return r
}

func (r *rig) now() reconciler.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *rig) show(environments ...reconciler.EnvironmentStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = reconciler.Status{Environments: environments}
}

// LastApplied is that of a journal.
func (r *rig) LastApplied(environment, _ string) (record.Entry, bool) {
	e, ok := r.applied[environment]
	return e, ok
}

// Outbox is that of a journal.
func (r *rig) Outbox() []record.Entry { return r.outbox }

// Stats is that of a journal.
func (r *rig) Stats() record.Stats { return r.stats }

// read asks as Prometheus does, and returns the lines of the metrics that are named, or of all of ours.
func (r *rig) read(t *testing.T, names ...string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	r.metrics.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.Code != 200 {
		t.Fatalf("GET /metrics: %d %v\n%s", answer.Code, err, body)
	}
	var lines []string
	for line := range strings.Lines(string(body)) {
		for _, name := range names {
			if strings.HasPrefix(line, name) {
				lines = append(lines, line)
			}
		}
		if len(names) == 0 && strings.HasPrefix(line, "sluice_") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func env(name, target string, state record.State, groups ...string) reconciler.EnvironmentStatus {
	e := reconciler.EnvironmentStatus{Name: name, Target: target, State: string(state)}
	for _, group := range groups {
		e.Groups = append(e.Groups, reconciler.GroupStatus{Name: group, State: string(state)})
	}
	return e
}

func commit(hash string) source.Commit { return source.Commit{Hash: hash, When: time.Now()} }
