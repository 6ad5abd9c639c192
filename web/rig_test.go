package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
)

// rig is a handler over a daemon that is told what to answer.
type rig struct {
	web.Config
	status  reconciler.Status
	ready   bool
	access  access.Config
	found   record.Found
	asked   record.Filter
	err     error // of the journal and of insight
	pauses  *pauses
	told    []string // which acts came to pass
	handler *web.Handler
}

func (r *rig) Status() reconciler.Status { return r.status }
func (r *rig) Ready() bool               { return r.ready }

func (r *rig) Search(_ context.Context, filter record.Filter) (record.Found, error) {
	r.asked = filter
	return r.found, r.err
}

func (r *rig) Environments() []string { return []string{"former"} }

func (r *rig) Places() []record.Place {
	return []record.Place{{Environment: "former", Group: "former-eu"}}
}

// newRig has an environment prod and the tokens of a viewer, ann, and of an operator, bob. Nobody looks without one.
func newRig(t *testing.T, change func(*rig)) *rig {
	t.Helper()
	r := &rig{
		status: reconciler.Status{Head: "abc", Environments: []reconciler.EnvironmentStatus{{Name: "prod", Groups: []reconciler.GroupStatus{{Name: "eu"}}}}}, ready: true, pauses: &pauses{},
		access: access.Config{
			APIToken: func() (gateway.Secret, error) { return gateway.NewSecret("", "the-token"), nil },
			Tokens: []access.Token{
				{Name: "metrics", Role: access.Scraper, Hash: access.HashToken("metrics-token")},
				{Name: "ann", Role: access.Viewer, Hash: access.HashToken("ann-token")},
				{Name: "bob", Role: access.Operator, Hash: access.HashToken("bob-token")},
				{Name: "eve", Role: access.Viewer, Operates: []string{"test"}, Hash: access.HashToken("eve-token")},
			},
		},
	}
	r.Config = web.Config{Reconciler: r, Journal: r, Insight: &insights{rig: r}, Acts: web.Acts{
		Record: r.pauses, Changed: func() { r.told = append(r.told, "changed") }, Sync: func() { r.told = append(r.told, "sync") },
		Retry: func(name string) { r.told = append(r.told, "retry "+name) },
	}}
	if change != nil {
		change(r)
	}
	door, err := access.NewDoor(r.access, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	r.Door = door
	r.handler = web.New(r.Config)
	return r
}

// pauses remembers what was put on record.
type pauses struct {
	mu      sync.Mutex
	paused  *record.Pause
	resumed string // by whom
	acts    []record.Act
	err     error
}

func (p *pauses) Pause(pause record.Pause) error {
	if p.err == nil {
		p.paused = &pause
	}
	return p.err
}

func (p *pauses) Resume(_, by string) error {
	p.resumed = by
	return p.err
}

func (p *pauses) Paused(string) (record.Pause, bool) { return record.Pause{}, p.paused != nil }

func (p *pauses) Act(a record.Act) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.acts = append(p.acts, a)
	}
	return p.err
}

// request is one to the handler of a rig.
func (r *rig) request(method, target, token, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, req)
	return recorder
}

func (r *rig) get(target string) *httptest.ResponseRecorder {
	return r.request(http.MethodGet, target, "ann-token", "")
}

// insights answers with examples in which every field is set, so that each is in a golden answer.
type insights struct {
	rig     *rig
	notices chan insight.Notice
	asked   []any
}

func (i *insights) note(parts ...any) error {
	i.asked = parts
	return i.rig.err
}

func (i *insights) Overview(groups int) insight.Overview {
	_ = i.note("overview", groups)
	return example[insight.Overview]()
}

func (i *insights) Groups(q insight.GroupQuery) (insight.GroupList, error) {
	return example[insight.GroupList](), i.note("groups", q)
}

func (i *insights) Turn(_ context.Context, environment, commit string) (insight.Turn, error) {
	return example[insight.Turn](), i.note("turn", environment, commit)
}

func (i *insights) Changes(_ context.Context, environment, commit string, page insight.Page) (insight.Comparison, error) {
	return example[insight.Comparison](), i.note("changes", environment, commit, page)
}

func (i *insights) Plan(_ context.Context, environment, commit string, page insight.Page) (insight.Plan, error) {
	return example[insight.Plan](), i.note("plan", environment, commit, page)
}

func (i *insights) Group(_ context.Context, environment, group string) (insight.Group, error) {
	return example[insight.Group](), i.note("group", environment, group)
}

func (i *insights) Instances(_ context.Context, environment, group string) (insight.Health, error) {
	return example[insight.Health](), i.note("instances", environment, group)
}

func (i *insights) Live(_ context.Context, environment, group string, q insight.LiveQuery) (insight.Live, error) {
	return example[insight.Live](), i.note("live", environment, group, q)
}

func (i *insights) Skew(_ context.Context, first, second string, all bool, page insight.Page) (insight.Comparison, error) {
	return example[insight.Comparison](), i.note("skew", first, second, all, page)
}

func (i *insights) SkewAt(_ context.Context, environment, first, second string, page insight.Page) (insight.Comparison, error) {
	return example[insight.Comparison](), i.note("skew at", environment, first, second, page)
}

func (i *insights) Resource(_ context.Context, q insight.ResourceQuery) (insight.Resource, error) {
	return example[insight.Resource](), i.note("resource", q)
}

func (i *insights) Follow(ctx context.Context) <-chan insight.Notice {
	to := make(chan insight.Notice)
	go func() {
		defer close(to)
		for {
			select {
			case n := <-i.notices:
				select {
				case to <- n:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return to
}

func text(t *testing.T, from io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
