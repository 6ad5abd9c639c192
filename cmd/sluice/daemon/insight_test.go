package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

// TestAnInstanceIsAskedWhereItSaysHow: at its status API, and nowhere else.
func TestAnInstanceIsAskedWhereItSaysHow(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/status/ready" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error": "worker id: 1 has not received configuration", "status": "error"}`)
	}))
	defer server.Close()
	probe := probeOf(settings.Instance{StatusURL: server.URL, ControlURL: "http://127.0.0.1:1"}, settings.TLS{})
	if err := probe.Ask(context.Background()); err == nil || asked != 1 || probe.Name != server.URL {
		t.Errorf("%s asked %d times: %v", probe.Name, asked, err)
	}
	if probe := probeOf(settings.Instance{ControlURL: "http://user:canary@127.0.0.1:1"}, settings.TLS{}); probe.Ask != nil || strings.Contains(probe.Name, "canary") {
		t.Errorf("%+v", probe)
	}
}

// TestRevertsAreRemembered: the newest address of a commit's pull request, and none for others.
func TestRevertsAreRemembered(t *testing.T) {
	var r reverts
	if r.url("c1") != "" {
		t.Error("there is one before any was opened")
	}
	r.opened("c1", "https://forge/1")
	r.opened("c1", "")
	r.opened("c2", "https://forge/2")
	if r.url("c1") != "https://forge/1" || r.url("c2") != "https://forge/2" || r.url("c3") != "" {
		t.Errorf("%+v", r.urls)
	}
}
