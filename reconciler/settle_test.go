package reconciler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// stubborn is a gateway group whose instances may be behind.
type stubborn struct {
	reconciler.Gateway
	mu      sync.Mutex
	stuck   bool
	settled []string // what barriers were asked for
}

func (s *stubborn) Settle(ctx context.Context, keys []gateway.Key) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = append(s.settled, fmt.Sprint(keys))
	if s.stuck {
		return false, &gateway.Error{Class: gateway.Unreachable, Op: "settle", Reason: "an instance is behind"}
	}
	return s.Gateway.Settle(ctx, keys)
}

func (s *stubborn) be(stuck bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck, s.settled = stuck, nil
}

func (r *rig) stubborn(group string) *stubborn {
	r.t.Helper()
	i := slices.IndexFunc(r.config.Groups, func(g reconciler.Group) bool { return g.Name == group })
	s := &stubborn{Gateway: r.config.Groups[i].Gateway}
	r.config.Groups[i].Gateway = s
	r.restart()
	return s
}

// TestABarrierIsNotForgotten says that a barrier which was not reached is made good before anything else is written, by the next pass
// as by the next daemon, and that nothing counts as applied before.
func TestABarrierIsNotForgotten(t *testing.T) {
	for name, again := range map[string]func(*rig){"the next pass": func(*rig) {}, "the next daemon": (*rig).restart} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			s := r.stubborn("test")
			r.pass()
			r.write("-- environments/test/more.yaml --\nupstreams:\n  more: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  more: {upstream_id: more, uri: /more}\n")
			r.commit("more")
			s.be(true)
			r.pass()
			again(r)
			r.pass()
			if r.has("test", "routes/more") {
				t.Fatal("the route was written though no instance was seen to have its upstream")
			}
			if env, _ := r.Status().Environment("test"); env.State != "planning" {
				t.Errorf("state %s", env.State)
			}
			s.be(false)
			again(r)
			r.pass()
			r.wantStates("test applied, uat unchanged, prod unchanged")
			if len(s.settled) == 0 || !strings.Contains(s.settled[0], "upstreams/more") {
				t.Errorf("barriers: %v", s.settled)
			}
		})
	}
}

// TestABarrierIsNotForgottenOverManyFailures tries the same so often in vain that the entry which names what was written is far back.
func TestABarrierIsNotForgottenOverManyFailures(t *testing.T) {
	r := newRig(t)
	s := r.stubborn("test")
	r.pass()
	r.write("-- environments/test/more.yaml --\nupstreams:\n  more: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  more: {upstream_id: more, uri: /more}\n")
	commit := r.commit("more")
	s.be(true)
	r.pass()
	for range 150 {
		err := r.config.Journal.Note(record.Entry{
			Commit: commit, Environment: "test", Group: "test", State: record.Failed, Reason: "commit", Error: "out of reach",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.be(false)
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
	if len(s.settled) == 0 || !strings.Contains(s.settled[0], "upstreams/more") {
		t.Errorf("barriers: %v", s.settled)
	}
}

// TestNothingLeftToWriteIsNotYetApplied has the last barrier fail: live is as desired, and nobody knows whether it is served.
func TestNothingLeftToWriteIsNotYetApplied(t *testing.T) {
	r := newRig(t)
	s := r.stubborn("test")
	r.pass()
	r.write("-- environments/test/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("more")
	s.be(true)
	r.pass()
	r.pass()
	if env, _ := r.Status().Environment("test"); env.State != "planning" || !r.has("test", "routes/more") {
		t.Errorf("status %+v", env)
	}
	s.be(false)
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
}

// TestAForeignWriterIsOutlasted says that a plan which was taken and undone by somebody else is tried again, not for ever refused.
func TestAForeignWriterIsOutlasted(t *testing.T) {
	r := newRig(t)
	r.pass()
	other := r.stranger("test")
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/routes/users") {
			other("routes/users", byHand)
		}
		return 0, ""
	})
	r.write("-- environments/test/more.yaml --\nroutes:\n  users: {desc: changed}\n")
	r.commit("changed")
	r.pass()
	if env, _ := r.Status().Environment("test"); env.State == "applied" {
		t.Error("applied, though somebody else has the last word")
	}
	r.faults["test"].set(nil)
	for range 3 {
		if r.pass(); r.states() == "test applied, uat unchanged, prod unchanged" {
			return
		}
	}
	t.Errorf("states %s: %v", r.states(), errors.New("not tried again"))
}
