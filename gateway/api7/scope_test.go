package api7_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

// paths are the routes of a gateway group and their paths.
func paths(t *testing.T, g *api7.Gateway) map[string]string {
	t.Helper()
	live, err := g.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for key, r := range live {
		if key.Kind == gateway.Routes {
			uris, _ := r.Spec["uris"].([]any)
			found[key.ID] = gateway.Show(uris) + " of " + gateway.Show(r.Spec["service_id"])
		}
	}
	return found
}

// TestGroupsPublishTheirOwn has two gateway groups of one control plane publish services and routes of the same ids: what one is given
// the other never gets, nor does it lose anything with it.
func TestGroupsPublishTheirOwn(t *testing.T) {
	server := start(t, api7test.Config{Enforced: true})
	eu := client(t, server, publishing).At("aaaa")
	us := client(t, server, func(c *api7.Config) { publishing(c); c.Group = "prod-canary" }).At("aaaa")
	const service = `"services/s": {"upstream": {"nodes": {"a:80": 1}}}`
	before := `{` + service + `, "routes/r": {"service_id": "s", "uri": "/old"}, "routes/kept": {"service_id": "s", "uri": "/kept"}}`
	bring(t, t, eu, state(t, before))
	bring(t, t, us, state(t, before))
	want := map[string]string{"r": `["/old"] of s`, "kept": `["/kept"] of s`}
	if diff := cmp.Diff(want, paths(t, us)); diff != "" {
		t.Fatalf("at first (-want +got):\n%s", diff)
	}
	bring(t, t, eu, state(t, `{`+service+`, "routes/r": {"service_id": "s", "uri": "/unapproved"}, "routes/new": {"service_id": "s", "uri": "/new"}}`))
	if err := us.Put(t.Context(), one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}}`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, paths(t, us)); diff != "" {
		t.Errorf("after the other's commit and a publication (-want +got):\n%s", diff)
	}
	bring(t, t, eu, gateway.State{})
	bring(t, t, us, state(t, before))
}

// TestOthersPublicationsAreLeft has services of others under the ids of ours: they are seen as nobody's, and stay.
func TestOthersPublicationsAreLeft(t *testing.T) {
	server := start(t, api7test.Config{})
	direct := client(t, server, nil)
	bring(t, t, direct, state(t, `{"services/s": {}, "routes/r": {"service_id": "s", "uri": "/theirs"}}`))
	ours := client(t, server, publishing).At("aaaa")
	desired := state(t, `{"services/s": {}, "routes/r": {"service_id": "s", "uri": "/ours"}}`)
	bring(t, t, ours, desired)
	want := map[string]string{"r": `["/ours"] of s`, "plain:r": `["/theirs"] of plain:s`}
	if diff := cmp.Diff(want, paths(t, ours)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bring(t, t, ours, gateway.State{})
	if diff := cmp.Diff(map[string]string{"plain:r": `["/theirs"] of plain:s`}, paths(t, ours)); diff != "" {
		t.Errorf("after all was removed (-want +got):\n%s", diff)
	}
	theirs := gateway.Key{Kind: gateway.Services, ID: "plain:s"}
	if read, err := ours.Read(t.Context(), []gateway.Key{theirs}); err != nil || len(read) != 1 || read[theirs].Labelled() {
		t.Errorf("read %v, %v", read, err)
	}
	if err := ours.Delete(t.Context(), theirs); classOf(t, err) != gateway.Refused {
		t.Errorf("deleted what others have published: %v", err)
	}
}

// TestRouteInTheServiceOfOthers takes a route back that was put into somebody else's service: that one is never published by us.
func TestRouteInTheServiceOfOthers(t *testing.T) {
	server := start(t, api7test.Config{})
	direct, ours := client(t, server, nil), client(t, server, publishing).At("aaaa")
	sum := sha256.Sum256([]byte(api7test.GroupID))
	there := hex.EncodeToString(sum[:6]) + "-r"
	bring(t, t, direct, state(t, `{"services/theirs": {}, "routes/`+there+`": {"service_id": "theirs", "uri": "/a"}}`))
	desired := state(t, `{"services/s": {}, "routes/r": {"service_id": "s", "uri": "/a"}}`)
	for _, key := range desired.Keys() {
		err := ours.Put(t.Context(), desired[key])
		if refused := classOf(t, err) == gateway.Refused; refused != (key.Kind == gateway.Routes) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if versions := server.Versions("theirs"); len(versions) > 0 {
		t.Errorf("published %q of a service of others", versions)
	}
	bring(t, t, ours, desired)
}

// failing answers requests to a path with 503 while it is told to.
func failing(on *atomic.Bool, match string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if on.Load() && strings.HasPrefix(r.Method+" "+r.URL.Path, match) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = io.WriteString(w, `{"error_msg":"busy"}`)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// TestFailedPublicationLeavesNothingBehind reverts a commit whose publication failed, and publishes the same service for another
// reason: what the failed one had put into templates must not become live with it.
func TestFailedPublicationLeavesNothingBehind(t *testing.T) {
	var fail atomic.Bool
	server := start(t, api7test.Config{Enforced: true, Intercept: failing(&fail, "POST /api/services/publish")})
	g := client(t, server, func(c *api7.Config) { publishing(c); c.Retries = -1 }).At("aaaa")
	bring(t, t, g, state(t, `{"services/s": {}, "routes/r": {"service_id": "s", "uri": "/r"}, "routes/gone": {"service_id": "s", "uri": "/gone"}}`))
	fail.Store(true)
	for _, r := range []gateway.Resource{one(t, "routes/r", `{"service_id": "s", "uri": "/bad"}`), one(t, "routes/new", `{"service_id": "s", "uri": "/new"}`)} {
		if g.Put(t.Context(), r) == nil {
			t.Fatal("the publication did not fail")
		}
	}
	if g.Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "gone"}) == nil {
		t.Fatal("the publication did not fail")
	}
	fail.Store(false)
	if err := g.Put(t.Context(), one(t, "routes/other", `{"service_id": "s", "uri": "/other"}`)); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"r": `["/r"] of s`, "gone": `["/gone"] of s`, "other": `["/other"] of s`}
	if diff := cmp.Diff(want, paths(t, g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOfflineServiceComesBack cuts a removal off after the service was taken offline, and reverts the commit.
func TestOfflineServiceComesBack(t *testing.T) {
	for _, publish := range []bool{true, false} {
		var fail atomic.Bool
		server := start(t, api7test.Config{Enforced: publish, Intercept: failing(&fail, "DELETE /api/gateway_groups/")})
		g := client(t, server, func(c *api7.Config) { publishing(c); c.Publish, c.Retries = publish, -1 }).At("aaaa")
		desired := state(t, `{"services/s": {"upstream": {"nodes": [{"host": "a", "port": 80, "weight": 1}]}}, "routes/r": {"service_id": "s", "uri": "/a"}}`)
		bring(t, t, g, desired)
		if publish {
			fail.Store(true)
			if g.Delete(t.Context(), gateway.Key{Kind: gateway.Services, ID: "s"}) == nil {
				t.Fatal("the removal did not fail")
			}
			fail.Store(false)
		} else {
			offlineByHand(t, server, "s")
		}
		p := difference(t, t, g, desired)
		if len(p.Changes()) != 1 || !strings.Contains(changes(p), "status: 0") {
			t.Errorf("publish %t: planned %q, want one change of status", publish, changes(p))
		}
		server.Forget()
		bring(t, t, g, desired)
		if last := server.Writes()[len(server.Writes())-1]; !strings.HasPrefix(last, "PATCH ") {
			t.Errorf("publish %t: writes %q, want the service put online", publish, server.Writes())
		}
	}
}

// offlineByHand takes a service offline as an operator would.
func offlineByHand(t *testing.T, server *api7test.Server, service string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch,
		server.URL()+"/api/gateway_groups/"+api7test.GroupID+"/services/"+service+"/runtime_configuration",
		strings.NewReader(`[{"op":"replace","path":"/status","value":0}]`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-KEY", api7test.UserToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
}
