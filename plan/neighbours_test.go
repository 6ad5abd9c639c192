package plan

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestForeignNeighboursAreNamed(t *testing.T) {
	tests := []struct {
		name, want, hand string
		warning          string // what it begins with after the place; "" for none
	}{
		{"the same host and path", "routes/a uri=/x hosts=h.test", "routes/hand uri=/x hosts=H.test",
			"routes/a takes the same requests as routes/hand, which Sluice does not own"},
		{"another priority", "routes/a uri=/x priority=1", "routes/hand uri=/x", ""},
		{"another host", "routes/a uri=/x hosts=a.test", "routes/hand uri=/x hosts=b.test", ""},
		{"switched off", "routes/a uri=/x", "routes/hand uri=/x status=0", ""},
		{"one of its methods", "routes/a uri=/x methods=GET,PUT", "routes/hand uri=/x methods=PUT",
			"routes/a takes the same requests as routes/hand"},
		{"another method", "routes/a uri=/x methods=GET", "routes/hand uri=/x methods=PUT", ""},
		{"any method", "routes/a uri=/x methods=GET", "routes/hand uri=/x", "routes/a takes the same requests as routes/hand"},
		{"the same server name", "ssls/a snis=a.test,b.test", "ssls/hand sni=b.test",
			"ssls/a is for the server name b.test as ssls/hand is"},
		{"a client certificate", "ssls/a snis=a.test", "ssls/hand sni=a.test type=client", ""},
		{"the same key", "consumers/a; credentials/a/k key=topsecret", "consumers/hand key=topsecret",
			"credentials/a/k has the same key-auth identity as consumers/hand"},
		{"another key", "consumers/a; credentials/a/k key=topsecret", "consumers/hand key=other", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, live := parse(t, tt.want), parse(t, tt.hand)
			for _, r := range live {
				delete(r.Spec, "labels")
			}
			var found string
			for _, warning := range New(want, live, Policy{}).Warnings {
				if strings.HasPrefix(warning.Code, "foreign-") {
					found += warning.What
				}
				if strings.Contains(warning.Error(), "topsecret") {
					t.Error("the warning shows the key")
				}
			}
			if !strings.HasPrefix(found, tt.warning) || (found == "") != (tt.warning == "") {
				t.Errorf("warned %q, want %q", found, tt.warning)
			}
		})
	}
}

// TestOwnedNeighboursAreNotForeign says that what Sluice owns, or adopts, is no neighbour.
func TestOwnedNeighboursAreNotForeign(t *testing.T) {
	want, live := parse(t, "routes/a uri=/x; routes/b uri=/y"), parse(t, "routes/a uri=/x; routes/old uri=/y")
	delete(live[gateway.Key{Kind: gateway.Routes, ID: "a"}].Spec, "labels")
	if p := New(want, live, Policy{Adopt: true}); len(p.Warnings) > 0 {
		t.Errorf("warnings %v", p.Warnings)
	}
}
