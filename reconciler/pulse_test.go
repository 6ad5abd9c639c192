package reconciler_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestThePulseSaysNothingOfWhatIsJustBeingDeleted keeps an apply waiting just after the resource has gone that the pulse looks at.
func TestThePulseSaysNothingOfWhatIsJustBeingDeleted(t *testing.T) {
	r := newRig(t)
	r.write("-- base/aaa.yaml --\nupstreams:\n  aaa: {nodes: {\"127.0.0.1:1980\": 1}}\n")
	r.commit("aaa")
	r.config.DriftInterval, r.config.Pulse = time.Hour, 5*time.Millisecond
	logs := r.logged()
	nudges := make(chan struct{})
	go func() { _ = r.Run(t.Context(), nudges) }()
	r.wantState("prod applied")
	sample := gateway.Key{Kind: gateway.Upstreams, ID: "aaa"}
	var looks, deletes atomic.Int32
	r.faults["prod-us"].set(func(req *http.Request) (int, string) {
		switch {
		case !strings.HasSuffix(req.URL.Path, "/upstreams/aaa"):
		case req.Method == http.MethodGet:
			looks.Add(1)
		case req.Method == http.MethodDelete && deletes.Add(1) == 1:
			if err := r.clients["prod-us"].Delete(t.Context(), sample); err != nil {
				t.Error(err)
			}
			after := looks.Load() + 3
			for deadline := time.Now().Add(10 * time.Second); looks.Load() < after && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			return http.StatusOK, `{"deleted":"1","key":"/apisix/upstreams/aaa"}`
		}
		return 0, ""
	})
	r.git("rm", "-q", "base/aaa.yaml")
	r.commit("without aaa")
	nudges <- struct{}{}
	for deadline := time.Now().Add(20 * time.Second); r.has("prod-us", sample.String()) || !strings.Contains(r.states(), "prod applied"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(r.states())
		}
	}
	if deletes.Load() == 0 {
		t.Error("nothing was deleted")
	}
	if lost := logs.FilterMessageSnippet("has lost").All(); len(lost) > 0 {
		t.Errorf("warned of what is just being deleted: %v", lost)
	}
}
