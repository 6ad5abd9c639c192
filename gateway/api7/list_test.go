package api7_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

// TestPagesAreReadToTheEnd has more consumers than a page holds.
func TestPagesAreReadToTheEnd(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, func(c *api7.Config) { c.Transport = inMemory{server.Handler()} })
	const many = 501
	for i := range many {
		if err := g.Put(t.Context(), one(t, fmt.Sprintf("ssls/c%d", i), `{"snis": ["a"], "cert": "c", "key": "k"}`)); err != nil {
			t.Fatal(err)
		}
	}
	server.Forget()
	live, err := g.Live(t.Context())
	if err != nil || len(live) != many {
		t.Fatalf("%d of %d, %v", len(live), many, err)
	}
	pages := 0
	for _, request := range server.Requests() {
		if request == "GET /apisix/admin/ssls" {
			pages++
		}
	}
	if pages != 2 {
		t.Errorf("%d pages", pages)
	}
}

// TestFanOutIsBounded counts the requests that are under way at once.
func TestFanOutIsBounded(t *testing.T) {
	var now, most atomic.Int64
	server := start(t, api7test.Config{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
			}
			next.ServeHTTP(w, r)
		})
	}})
	g := client(t, server, func(c *api7.Config) { c.Parallel = 3 })
	for i := range 40 {
		if err := g.Put(t.Context(), one(t, fmt.Sprintf("services/s%d", i), `{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if live, err := g.Live(t.Context()); err != nil || len(live) != 40 {
		t.Fatalf("%d, %v", len(live), err)
	}
	if most.Load() > 3 {
		t.Errorf("%d requests at once", most.Load())
	}
}

// TestForeignIsSeen reads what others own too, with whatever the server adds left out.
func TestForeignIsSeen(t *testing.T) {
	server := start(t, api7test.Config{})
	foreign := one(t, "services/by-hand", `{"upstream": {"nodes": {"a:80": 1}}}`)
	delete(foreign.Spec["labels"].(map[string]any), gateway.ManagedBy)
	g := client(t, server, nil)
	if err := g.Put(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	live, err := g.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := live[foreign.Key]
	if got.Labelled() || strings.Contains(gateway.Show(got.Spec), "created_at") || got.Spec["status"] != nil {
		t.Errorf("live %s", gateway.Show(got.Spec))
	}
}

// TestGroupIsAskedForOnce looks the group up by its name a single time, and not at all with a token that implies it.
func TestGroupIsAskedForOnce(t *testing.T) {
	for text, want := range map[string]int{api7test.UserToken: 1, api7test.GroupToken: 0} {
		server := start(t, api7test.Config{})
		g := client(t, server, func(c *api7.Config) { c.Token = token(text) })
		for range 2 {
			if _, err := g.Live(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		asked := 0
		for _, request := range server.Requests() {
			if request == "GET /api/gateway_groups" {
				asked++
			}
		}
		if asked != want {
			t.Errorf("token %s: asked %d times, want %d", text, asked, want)
		}
	}
}
