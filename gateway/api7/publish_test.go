package api7_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

func publishing(c *api7.Config) {
	c.Publish = true
	c.PublishVersion = func(commit string) string { return "sluice-" + commit[:4] }
}

// scopes are what the ids of a gateway group begin with where services are published.
var scopes = regexp.MustCompile(`\b[0-9a-f]{12}-`)

func unscoped(requests []string) []string {
	for i, request := range requests {
		requests[i] = scopes.ReplaceAllString(request, "SCOPE-")
	}
	return requests
}

// versionsOf returns the versions of a service in the gateway group "prod".
func versionsOf(server *api7test.Server, service string) []string {
	sum := sha256.Sum256([]byte(api7test.GroupID))
	return server.Versions(hex.EncodeToString(sum[:6]) + "-" + service)
}

// TestPublishedVersionsAreNamedAfterTheCommit follows the requests of a service through its life.
func TestPublishedVersionsAreNamedAfterTheCommit(t *testing.T) {
	server := start(t, api7test.Config{Enforced: true})
	g := client(t, server, publishing).At("abcdef")
	fill := []gateway.Resource{one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}}`), one(t, "routes/r", `{"service_id": "s", "uri": "/a"}`)}
	for _, r := range fill {
		if err := g.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []gateway.Key{fill[1].Key, fill[0].Key} {
		if err := g.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	published := "/api/gateway_groups/" + api7test.GroupID + "/services/SCOPE-s"
	want := []string{
		"PUT /api/services/template/SCOPE-s", "POST /api/services/publish",
		"PUT /api/routes/template/SCOPE-r", "POST /api/services/publish",
		"DELETE /api/routes/template/SCOPE-r", "POST /api/services/publish",
		"PATCH " + published + "/runtime_configuration", "DELETE " + published, "DELETE /api/services/template/SCOPE-s",
	}
	if diff := cmp.Diff(want, unscoped(server.Writes())); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	want = []string{"sluice-abcd", "sluice-abcd-2", "sluice-abcd-3"}
	if diff := cmp.Diff(want, versionsOf(server, "s")); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

// TestVersionsAreNeverUsedTwice publishes a commit again after another one, as a rollback does, and once more after a restart.
func TestVersionsAreNeverUsedTwice(t *testing.T) {
	server := start(t, api7test.Config{Enforced: true})
	for i, commit := range []string{"aaaa", "bbbb", "aaaa", "aaaa"} {
		err := client(t, server, publishing).At(commit).Put(t.Context(), one(t, "services/s", fmt.Sprintf(`{"desc": "%d"}`, i)))
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"sluice-aaaa", "sluice-bbbb", "sluice-aaaa-2", "sluice-aaaa-3"}
	if diff := cmp.Diff(want, versionsOf(server, "s")); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

// TestRoutesSharePublications writes many routes of a service at once: they must not become a version each.
func TestRoutesSharePublications(t *testing.T) {
	server := start(t, api7test.Config{Enforced: true})
	g := client(t, server, publishing).At("abcdef")
	if err := g.Put(t.Context(), one(t, "services/s", `{}`)); err != nil {
		t.Fatal(err)
	}
	const routes = 48
	var tasks errgroup.Group
	tasks.SetLimit(16)
	for i := range routes {
		tasks.Go(func() error {
			return g.Put(t.Context(), one(t, fmt.Sprintf("routes/r%d", i), `{"service_id": "s", "uri": "/a"}`))
		})
	}
	if err := tasks.Wait(); err != nil {
		t.Fatal(err)
	}
	if live, err := g.Live(t.Context()); err != nil || len(live) != routes+1 {
		t.Errorf("%d live, %v", len(live), err)
	}
	if versions := versionsOf(server, "s"); len(versions) > routes {
		t.Errorf("%d versions of one service", len(versions))
	}
}

// TestMovedRoutePublishesBothServices leaves the route in neither by mistake, nor in both.
func TestMovedRoutePublishesBothServices(t *testing.T) {
	server := start(t, api7test.Config{Enforced: true})
	g := client(t, server, publishing).At("abcdef")
	bring(t, t, g, state(t, `{"services/s": {}, "services/t": {}, "routes/r": {"service_id": "s", "uri": "/a"}}`))
	bring(t, t, g, state(t, `{"services/s": {}, "services/t": {}, "routes/r": {"service_id": "t", "uri": "/a"}}`))
}

func TestPublishFaults(t *testing.T) {
	tests := []struct {
		name, says, body string
		at               string
		change           func(*api7.Config)
	}{
		{"without a commit", "it is not known for which commit", `{}`, "", publishing},
		{"told to, without a name", "nothing says how versions are named", `{}`, "abcdef", func(c *api7.Config) { c.Publish = true }},
		{"a template of others", "others have published it", `{}`, "abcdef", publishing},
		{"not told to", "turn on publish for it", `{}`, "abcdef", nil},
		{"extra upstreams", "a template holds no upstreams", `{"upstreams": {"u": {}}}`, "abcdef", publishing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := start(t, api7test.Config{Enforced: true})
			id := "s"
			if test.name == "a template of others" {
				id = "plain:s"
			}
			err := client(t, server, test.change).At(test.at).Put(t.Context(), one(t, "services/"+id, test.body))
			if classOf(t, err) != gateway.Refused || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
			if versions := versionsOf(server, "s"); len(versions) > 0 {
				t.Errorf("published %q", versions)
			}
		})
	}
}
