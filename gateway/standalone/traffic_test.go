package standalone_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/gateway/standalone"
	"github.com/sluice-gitops/sluice/plan"
)

// settled is a group whose barrier also knows that every worker has taken every document.
type settled struct {
	*standalone.Gateway
	n *network
}

func (s settled) Settle(ctx context.Context, changed []gateway.Key) (bool, error) {
	confirmed, err := s.Gateway.Settle(ctx, changed)
	for _, server := range s.n.servers {
		if err == nil {
			err = server.Quiesce(ctx)
		}
	}
	return confirmed, err
}

// backend answers with its own name.
func backend(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Backend", name) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// arrangement answers a.test from backend A and b.test from B, one way or the other: everything is renamed, and the two routes
// swap their hosts.
func arrangement(t *testing.T, a, b string, swapped bool) gateway.State {
	t.Helper()
	hosts, suffix := []string{"a.test", "b.test"}, "1"
	if swapped {
		slices.Reverse(hosts)
		suffix = "2"
	}
	state := gateway.State{}
	nodes := map[string]string{"a.test": a, "b.test": b}
	for i, name := range hosts {
		id := name[:1] + suffix
		const labels = `"labels": {"managed-by": "sluice"}`
		for _, r := range []gateway.Resource{
			res(t, "upstreams/"+id, fmt.Sprintf(`{"nodes": {%q: 1}, %s}`, nodes[name], labels)),
			res(t, "services/"+id, fmt.Sprintf(`{"upstream_id": %q, %s}`, id, labels)),
			res(t, fmt.Sprint("routes/r", i), fmt.Sprintf(`{"uri": "/x", "hosts": [%q], "service_id": %q, %s}`, name, id, labels)),
		} {
			state[r.Key] = r
		}
	}
	return state
}

// traffic asks every instance for both hosts until ctx ends, and returns what was not answered by the right backend.
func (n *network) traffic(ctx context.Context) (failed func() []string) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var failures []string
	for number, server := range n.servers {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := []string{"a", "b"}[i%2]
				answer := httptest.NewRecorder()
				server.ProxyHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://"+name+".test/x", nil))
				if answer.Code != http.StatusOK || answer.Header().Get("X-Backend") != name {
					mu.Lock()
					failures = append(failures, fmt.Sprint(number, " ", name, ": ", answer.Code, " ", answer.Header().Get("X-Backend")))
					mu.Unlock()
				}
			}
		})
	}
	return func() []string { running.Wait(); return failures }
}

// swapUnderTraffic takes two instances with lagging workers from one arrangement to the other and back.
func swapUnderTraffic(t *testing.T, rounds int, change func(settled, gateway.State) error) []string {
	t.Helper()
	n := newNetwork(t, 2, func(cfg *embedded.Config) {
		cfg.Workers, cfg.Lag = 3, func(int, gateway.Kind) time.Duration { return rand.N(20 * time.Millisecond) }
	})
	gw := settled{n.group(t, hurried), n}
	a, b := backend(t, "a"), backend(t, "b")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	failed := func() []string { return nil }
	for i := range rounds {
		if err := change(gw, arrangement(t, a, b, i%2 == 1)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := gw.Settle(ctx, nil); err != nil {
				t.Fatal(err)
			}
			failed = n.traffic(ctx)
		}
	}
	stop()
	return failed()
}

// TestNoRequestIsDroppedOnTheWay renames and swaps: every answer is 200 and from the right backend.
func TestNoRequestIsDroppedOnTheWay(t *testing.T) {
	failures := swapUnderTraffic(t, 8, func(gw settled, want gateway.State) error {
		have, err := gw.Live(t.Context())
		if err != nil {
			return err
		}
		p := plan.New(want, gateway.Align(want, have, nil), plan.Policy{Guard: plan.Guard{MaxDeletePercent: new(100)}})
		_, err = apply.Run(t.Context(), gw, p, apply.Options{})
		return err
	})
	if len(failures) > 0 {
		t.Errorf("%d requests failed, the first: %v", len(failures), failures[:min(5, len(failures))])
	}
}

// TestOneDocumentForAllIsSeen is the counter-proof: a document is not taken as a whole, so that the same traffic fails when
// everything is put at once.
func TestOneDocumentForAllIsSeen(t *testing.T) {
	failures := swapUnderTraffic(t, 20, func(gw settled, want gateway.State) error {
		have, err := gw.Live(t.Context())
		if err != nil {
			return err
		}
		var puts []gateway.Resource
		var deletes []gateway.Key
		for _, key := range want.Keys() {
			puts = append(puts, want[key])
		}
		for _, key := range have.Keys() {
			if _, kept := want[key]; !kept {
				deletes = append(deletes, key)
			}
		}
		return gw.Write(t.Context(), puts, deletes)
	})
	if len(failures) == 0 {
		t.Error("no request failed though everything was put at once: the traffic sees nothing")
	}
}
