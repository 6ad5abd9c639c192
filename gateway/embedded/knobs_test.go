package embedded_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestWorkersFollowOnTheirOwn gives each worker a lag of its own for routes, and turns it round for upstreams.
func TestWorkersFollowOnTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Workers: 3, Lag: func(worker int, kind gateway.Kind) time.Duration {
			if kind == gateway.Upstreams {
				worker = 2 - worker
			}
			return time.Duration(worker+1) * 10 * time.Millisecond
		}})
		h.put(emptyUpstream, itsRoute)
		seen := func() map[int]bool {
			statuses := map[int]bool{}
			for range 200 {
				status, _ := h.get("/")
				statuses[status] = true
			}
			return statuses
		}
		for _, test := range []struct {
			after time.Duration
			want  []int
		}{
			{5, []int{http.StatusNotFound}},
			{10, []int{http.StatusNotFound, http.StatusBadGateway}},                                // worker 0 has the route, worker 2 the upstream
			{10, []int{http.StatusNotFound, http.StatusBadGateway, http.StatusServiceUnavailable}}, // worker 1 has both
			{10, []int{http.StatusServiceUnavailable}},
		} {
			time.Sleep(test.after * time.Millisecond)
			have := seen()
			for _, status := range test.want {
				if !have[status] || len(have) != len(test.want) {
					t.Errorf("%v ms later: got %v, want %v", int64(test.after), have, test.want)
				}
			}
		}
	})
}

func TestWritesTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{WriteCost: func() time.Duration { return 50 * time.Millisecond }})
		start := time.Now()
		var writes sync.WaitGroup
		for _, id := range []string{"a", "b", "c"} {
			writes.Go(func() { h.put(`upstreams/` + id + ` {"nodes":{}}`) })
		}
		writes.Wait()
		h.remove("upstreams/a")
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("three writes side by side and one after them took %v", took)
		}
		start = time.Now()
		h.admin(http.MethodGet, "upstreams", "")
		h.admin(http.MethodPost, "configs/validate", "{}")
		if took := time.Since(start); took != 0 {
			t.Errorf("reading and validating took %v", took)
		}
	})
}

func TestALeaseEndsUnlessItIsWrittenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{})
		h.put(`routes/gone?ttl=1 {"uri":"/gone",`+mock("x")+`}`, `routes/kept?ttl=1 {"uri":"/kept",`+mock("x")+`}`)
		h.put(`routes/kept {"uri":"/kept",` + mock("y") + `}`)
		time.Sleep(900 * time.Millisecond)
		if status, _ := h.get("/gone"); status != http.StatusOK {
			t.Errorf("before its end: got %d", status)
		}
		time.Sleep(200 * time.Millisecond)
		for path, want := range map[string]int{"/gone": http.StatusNotFound, "/kept": http.StatusOK} {
			if status, _ := h.get(path); status != want {
				t.Errorf("%s: got %d, want %d", path, status, want)
			}
		}
	})
}

// TestTheInUseCheckLags refuses a moment too long, and lets go what has just come into use.
func TestTheInUseCheckLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{LaggingInUse: true, Lag: func(int, gateway.Kind) time.Duration { return 10 * time.Millisecond }})
		h.put(emptyUpstream, `upstreams/v {"nodes":{}}`, itsRoute)
		time.Sleep(20 * time.Millisecond)
		h.remove("routes/r")
		if status, body := h.admin(http.MethodDelete, "upstreams/u", ""); status != http.StatusBadRequest || !strings.Contains(body, "still using it now") {
			t.Errorf("right after its last user went: got %d %s", status, body)
		}
		time.Sleep(20 * time.Millisecond)
		h.remove("upstreams/u")
		h.put(`routes/r {"uri":"/","upstream_id":"v"}`)
		h.remove("upstreams/v")
	})
}

func TestACredentialWaitsForItsConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Lag: func(_ int, kind gateway.Kind) time.Duration {
			if kind == gateway.Consumers {
				return time.Second
			}
			return 0
		}})
		h.put(`routes/r {"uri":"/","plugins":{"key-auth":{},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
			`consumers {"username":"jack"}`, `consumers/jack/credentials/1 {"plugins":{"key-auth":{"key":"k"}}}`)
		time.Sleep(time.Millisecond)
		if status, body := h.get("/", "apikey: k"); status != http.StatusUnauthorized {
			t.Errorf("without a consumer: got %d %s", status, body)
		}
		time.Sleep(time.Second)
		if status, body := h.get("/", "apikey: k"); status != http.StatusOK {
			t.Errorf("with its consumer: got %d %s", status, body)
		}
	})
}

func TestViewersOnlyRead(t *testing.T) {
	g, err := embedded.New(embedded.Config{AdminKey: "admin", ViewerKey: "viewer", NoStream: true})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for request, want := range map[string]int{
		"GET routes viewer": 200, "PUT routes/r viewer": 401, "DELETE routes/r viewer": 401, "GET routes nobody": 401,
		"GET stream_routes admin": 400, "PUT stream_routes/1 admin": 400,
	} {
		parts := strings.Fields(request)
		if status, body := asKey(g, parts[0], parts[1], parts[2]); status != want {
			t.Errorf("%s: got %d %s, want %d", request, status, body, want)
		}
	}
}
