package api7_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

func split(upstream string) string {
	return `{"service_id": "s", "uri": "/a", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "` + upstream + `"}]}]}}}`
}

// TestUpstreamsOutliveTheirUsers replaces an extra upstream: the new one is there before, the old one goes after its last route let
// go. The server refuses any other order.
func TestUpstreamsOutliveTheirUsers(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, nil)
	service := func(extra string) gateway.Resource {
		return one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}, "upstreams": {`+extra+`}}`)
	}
	const u, v = `"u": {"nodes": [{"host": "h", "port": 1, "weight": 1}]}`, `"v": {"nodes": [{"host": "h", "port": 2, "weight": 1}]}`
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	settle := func() {
		t.Helper()
		_, err := g.Settle(t.Context(), []gateway.Key{{Kind: gateway.Routes, ID: "r"}})
		must(err)
	}
	_, err := g.Defaults(t.Context()) // with these, what a service has already is not written again
	must(err)
	must(g.Put(t.Context(), service(u)))
	must(g.Put(t.Context(), one(t, "routes/r", split("u"))))
	server.Forget()
	must(g.Put(t.Context(), service(v)))
	settle()
	must(g.Put(t.Context(), one(t, "routes/r", split("v"))))
	if live, err := g.Live(t.Context()); err != nil || live[service("").Key].Spec["upstreams"].(map[string]any)["u"] == nil {
		t.Errorf("u has gone before the workers took the route: %v", err)
	}
	settle()
	want := []string{"PUT /apisix/admin/services/s/upstreams/v", "PUT /apisix/admin/routes/r", "DELETE /apisix/admin/services/s/upstreams/u"}
	if diff := cmp.Diff(want, server.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	server.Forget()
	must(g.Put(t.Context(), service("")))
	must(g.Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "r"}))
	want = []string{"DELETE /apisix/admin/routes/r", "DELETE /apisix/admin/services/s/upstreams/v"}
	if diff := cmp.Diff(want, server.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// TestAnotherProcessFinishes has a pass that was cut off after the service: a client that knows nothing removes what is left.
func TestAnotherProcessFinishes(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, nil)
	desired := state(t, `{"services/s": {"upstreams": {"u": {"nodes": []}}}}`)
	bring(t, t, g, desired)
	bring(t, t, client(t, server, nil), state(t, `{"services/s": {}}`))
	if live, err := g.Live(t.Context()); err != nil || live[desired.Keys()[0]].Spec["upstreams"] != nil {
		t.Errorf("live %v, %v", live, err)
	}
}

func TestServiceWithForeignRoutesStays(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, nil)
	fill(t, server)
	foreign := one(t, "routes/by-hand", `{"service_id": "s", "uri": "/b"}`)
	delete(foreign.Spec["labels"].(map[string]any), gateway.ManagedBy)
	if err := g.Put(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	service := gateway.Key{Kind: gateway.Services, ID: "s"}
	err := g.Delete(t.Context(), service)
	if classOf(t, err) != gateway.Refused || !strings.Contains(err.Error(), "would go with it: routes/by-hand") {
		t.Errorf("got %v", err)
	}
	if err := g.Delete(t.Context(), foreign.Key); err != nil {
		t.Fatal(err)
	}
	if err := g.Delete(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	if err := g.Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "r"}); err != nil {
		t.Errorf("a route that went with its service: %v", err)
	}
}

// TestBridge has the temporary route of a plan go there and back.
func TestBridge(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, func(c *api7.Config) { c.Transport = inMemory{server.Handler()} })
	bridge := one(t, "routes/sluice-bridge-1", `{"uris": ["/a"], "hosts": ["a.test"], "upstream": {"nodes": {"a:80": 1}}, "path_prefix": "/shop", "priority": 9,
		"plugins": {"cors": {}, "traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "elsewhere"}]}]}}}`)
	if err := g.Put(t.Context(), bridge); err != nil {
		t.Fatal(err)
	}
	want := []string{"PUT /apisix/admin/services/sluice-bridge-1", "PUT /apisix/admin/routes/sluice-bridge-1"}
	if diff := cmp.Diff(want, server.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	live, err := g.Live(t.Context())
	if err != nil || len(live) != 1 || !live[bridge.Key].Labelled() || live[bridge.Key].Spec["hosts"] == nil || live[bridge.Key].Spec["upstream"] == nil ||
		live[bridge.Key].Spec["path_prefix"] != "/shop" {
		t.Fatalf("live %v, %v", live, err)
	}
	read, err := g.Read(t.Context(), []gateway.Key{bridge.Key})
	if err != nil || read.Digest() != live.Digest() {
		t.Errorf("read %v, %v", read, err)
	}
	if err := g.Delete(t.Context(), bridge.Key); err != nil {
		t.Fatal(err)
	}
	if live, err := g.Live(t.Context()); err != nil || len(live) > 0 {
		t.Errorf("live %v, %v", live.Keys(), err)
	}
}
