package embedded_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// slowUpstreams is a data plane that takes routes soon and upstreams late.
func slowUpstreams(_ int, kind gateway.Kind) time.Duration {
	if kind == gateway.Upstreams {
		return 50 * time.Millisecond
	}
	return 10 * time.Millisecond
}

// An upstream without nodes answers 503 where an upstream that is not there answers 502, so no backend is needed.
const emptyUpstream, itsRoute = `upstreams/u {"nodes":{}}`, `routes/r {"uri":"/","upstream_id":"u"}`

func TestLagBetweenKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Lag: slowUpstreams})
		h.put(emptyUpstream, itsRoute)
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{5, http.StatusNotFound}, {15, http.StatusBadGateway}, {45, http.StatusServiceUnavailable}} {
			time.Sleep(test.after * time.Millisecond)
			if status, _ := h.get("/"); status != test.want {
				t.Errorf("%v ms later: got %d, want %d", int64(test.after), status, test.want)
			}
		}
	})
}

func TestQuiesceIsABarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Lag: slowUpstreams, Workers: 3})
		h.put(emptyUpstream)
		if err := h.Quiesce(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.put(itsRoute)
		seen := map[int]bool{}
		for range 30 {
			status, _ := h.get("/")
			seen[status] = true
			time.Sleep(time.Millisecond)
		}
		if !seen[http.StatusNotFound] || !seen[http.StatusServiceUnavailable] || len(seen) != 2 {
			t.Errorf("got the statuses %v, want 404 before the route came and 503 after, and nothing between", seen)
		}
	})
}

func TestQuiesceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Lag: func(int, gateway.Kind) time.Duration { return time.Hour }})
		h.put(emptyUpstream)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Quiesce(ctx); err == nil {
			t.Error("Quiesce returned before a worker took the write")
		}
	})
}

// TestOrderWithinAKind: a worker never goes back to an older write, however the lags fall.
func TestOrderWithinAKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lags := []time.Duration{30 * time.Millisecond, 0, 10 * time.Millisecond}
		next := 0
		h := newHarness(t, embedded.Config{Workers: 1, Lag: func(int, gateway.Kind) time.Duration {
			next++
			return lags[(next-1)%len(lags)]
		}})
		h.put(`routes/r {"uri":"/",`+mock("1")+`}`, `routes/r {"uri":"/",`+mock("2")+`}`, `routes/r {"uri":"/",`+mock("3")+`}`)
		last := ""
		for range 40 {
			if status, body := h.get("/"); status == http.StatusOK {
				if body < last {
					t.Fatalf("saw %s after %s", body, last)
				}
				last = body
			}
			time.Sleep(time.Millisecond)
		}
		if last != "3" {
			t.Errorf("ended with %q, want 3", last)
		}
	})
}
