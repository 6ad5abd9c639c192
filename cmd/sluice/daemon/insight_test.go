package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/settings"
)

// TestWhoCannotBeToldIsNamed: a receiver of notifications that is down is no trouble with the forge, and may need a person.
func TestWhoCannotBeToldIsNamed(t *testing.T) {
	for what, want := range map[string][2]string{
		"commit statuses": {"forge", "nothing is lost"}, "notes": {"forge", "nothing is lost"}, "notifications/chat": {"notifications", "mend that"},
	} {
		if got := toldTrouble(forge.Trouble{What: what, Why: "down"}); got.Kind != want[0] || got.Text != what+": down" || !strings.Contains(got.Hint, want[1]) {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestAddressesAreShownWithoutLogins: what stands in the daemon's file may hold a password.
func TestAddressesAreShownWithoutLogins(t *testing.T) {
	for address, want := range map[string]string{
		"https://git.acme.example/x.git":           "https://git.acme.example/x.git",
		"https://ada:canary@git.acme.example/x":    "https://git.acme.example/x",
		"https://canary@git.acme.example/x?a=b":    "https://git.acme.example/x?a=b",
		"ssh://git@git.acme.example/x.git":         "ssh://git.acme.example/x.git",
		"git@git.acme.example:platform/x.git":      "git@git.acme.example:platform/x.git",
		"/srv/git/x.git":                           "/srv/git/x.git",
		"http://user:canary@eu-1:7085":             "http://eu-1:7085",
		"https://ada:canary%zz@git.acme.example/x": "https://git.acme.example/x",
		"https://oauth2:canary@[2001:db8::1]:8443": "https://[2001:db8::1]:8443",
	} {
		if got := withoutLogin(address); got != want {
			t.Errorf("%s shows as %s", address, got)
		}
	}
}

// TestAnInstanceIsAskedWhereItSaysMost: at its status API before all others, then at its Admin API or its control API.
func TestAnInstanceIsAskedWhereItSaysMost(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked += r.URL.Path + " "
		if r.URL.Path == "/v1/healthcheck" {
			fmt.Fprint(w, "[]")
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error": "worker id: 1 has not received configuration", "status": "error"}`)
	}))
	defer server.Close()
	g := newGroups(zap.NewNop())
	g.configured["edge"] = func(_ context.Context, adminURL string) error { asked += adminURL + " "; return nil }
	gone := "http://ada:canary@127.0.0.1:1"
	for _, test := range []struct {
		name, group   string
		instance      settings.Instance
		asked, short  string
		known, answer bool
	}{
		{"its status", "eu", settings.Instance{StatusURL: server.URL, ControlURL: gone}, "/status/ready ", "", true, false},
		{"its control API", "eu", settings.Instance{ControlURL: server.URL, ProxyURL: gone}, "/v1/healthcheck ", shortOfControl, true, true},
		{"a control API that is down", "eu", settings.Instance{ControlURL: gone}, "", shortOfControl, true, false},
		{"standalone", "edge", settings.Instance{AdminURL: gone, ControlURL: server.URL}, gone + " ", shortOfAdmin, true, true},
		{"standalone, its status", "edge", settings.Instance{AdminURL: gone, StatusURL: server.URL}, "/status/ready ", "", true, false},
		{"nothing that tells", "eu", settings.Instance{ProxyURL: gone}, "", shortOfAll, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked = ""
			probe := g.probe(test.group, test.instance, settings.TLS{})
			if strings.Contains(probe.Name, "canary") || probe.Short != test.short || (probe.Ask != nil) != test.known {
				t.Fatalf("%+v", probe)
			}
			if !test.known {
				return
			}
			if err := probe.Ask(t.Context()); (err == nil) != test.answer || err != nil && strings.Contains(err.Error(), "canary") || asked != test.asked {
				t.Errorf("asked %q: %v", asked, err)
			}
		})
	}
}

// TestRevertsAreRemembered: the newest address of a commit's pull request, and none for others.
func TestRevertsAreRemembered(t *testing.T) {
	var r reverts
	says := func(commit, url string, open bool) {
		t.Helper()
		if gotURL, gotOpen := r.url(commit); gotURL != url || gotOpen != open {
			t.Errorf("%s: %q, open: %v, want %q", commit, gotURL, gotOpen, url)
		}
	}
	says("c1", "", false)
	r.opened("c1", "https://forge/1")
	r.opened("c1", "")
	r.opened("c2", "https://forge/2")
	r.prepare("c2", "https://forge/new/2")
	r.prepare("c3", "https://forge/new/3")
	says("c1", "https://forge/1", true)
	says("c2", "https://forge/2", true)
	says("c3", "https://forge/new/3", false)
	r.list(nil)
	says("c1", "", false)
	says("c2", "https://forge/new/2", false)
	before := r.ready()
	r.prepare("c4", "https://forge/new/4") // while the branches are looked at
	r.keep(before, map[string]string{"c2": "https://forge/new/2"})
	says("c3", "", false)
	says("c4", "https://forge/new/4", false)
	r.forget("c2")
	says("c2", "", false)
}
