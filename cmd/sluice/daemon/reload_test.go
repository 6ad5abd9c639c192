package daemon

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/settings"
)

func openTest(t *testing.T, groups map[string]settings.GatewayGroup) *Groups {
	t.Helper()
	lag := time.Duration(0)
	opened, err := OpenGroups(settings.Settings{GatewayGroups: groups}, &lag, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened
}

// remote is a group that nobody has to reach for it to be opened.
func remote(adminURL, caFile string) settings.GatewayGroup {
	return settings.GatewayGroup{
		Type: settings.APISIX, AdminURL: adminURL, AdminKeyEnv: "GATEWAY_KEY", Environment: "prod", Parallel: 1, Timeout: time.Second,
		TLS: settings.TLS{CAFile: caFile},
	}
}

// certificate writes one that is good enough to be trusted, by which it is.
func certificate(t *testing.T, file, name string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// answers reports whether the Admin API of an embedded gateway takes connections.
func answers(gw *embedded.Gateway) bool {
	connection, err := net.Dial("tcp", strings.TrimPrefix(gw.AdminURL(), "http://"))
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

// TestReopenExchangesWhatChanged keeps the clients of groups that are as they were, and makes the others anew.
func TestReopenExchangesWhatChanged(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	certificate(t, ca, "one.pem")
	inside := settings.GatewayGroup{Type: settings.Embedded, Environment: "test"}
	before := openTest(t, map[string]settings.GatewayGroup{
		"same": remote("https://same.example:9180", ""), "moved": remote("https://moved.example:9180", ""), "gone": remote("https://gone.example:9180", ""),
		"trusts": remote("https://trusts.example:9180", ca), "inside": inside, "resized": inside, "left": inside,
	})
	certificate(t, ca, "two.pem")
	moved := remote("https://moved.example:9180", "")
	moved.Pos, moved.Parallel = diag.Pos{Line: 7}, 2
	same := remote("https://same.example:9180", "")
	same.Pos = diag.Pos{Line: 8} // another place is no change
	resized := inside
	resized.Workers = 5
	after, restart, err := before.reopen(settings.Settings{GatewayGroups: map[string]settings.GatewayGroup{
		"same": same, "moved": moved, "trusts": remote("https://trusts.example:9180", ca), "new": remote("https://new.example:9180", ""),
		"inside": inside, "resized": resized,
	}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"gone", "left", "moved", "new", "trusts"}, after.changed(before)); diff != "" {
		t.Errorf("changed (-want +got)\n%s", diff)
	}
	if !slices.Equal(restart, []string{"gatewayGroups.resized"}) {
		t.Errorf("a restart is needed for %v", restart)
	}
	if after.Embedded("inside") != before.Embedded("inside") || after.Embedded("resized") != before.Embedded("resized") {
		t.Error("an embedded gateway was started anew")
	}
	if err := before.closeAllBut(after); err != nil {
		t.Fatal(err)
	}
	if !answers(after.Embedded("inside")) || answers(before.Embedded("left")) {
		t.Error("the embedded gateway that stays was closed, or the one that has left was not")
	}
	var names []string
	for _, group := range after.List() {
		names = append(names, group.Name)
	}
	if !slices.Equal(names, []string{"inside", "moved", "new", "resized", "same", "trusts"}) {
		t.Errorf("groups are %v", names)
	}
}

// TestReopenIsAllOrNothing leaves what runs as it is when one group can't be opened.
func TestReopenIsAllOrNothing(t *testing.T) {
	inside := settings.GatewayGroup{Type: settings.Embedded, Environment: "test"}
	before := openTest(t, map[string]settings.GatewayGroup{"inside": inside})
	_, _, err := before.reopen(settings.Settings{GatewayGroups: map[string]settings.GatewayGroup{
		"another": inside, "inside": inside, "trusts": remote("https://trusts.example:9180", filepath.Join(t.TempDir(), "missing.pem")),
	}}, 0)
	if err == nil {
		t.Fatal("a CA file that is missing is no error")
	}
	if !answers(before.Embedded("inside")) || len(before.List()) != 1 {
		t.Error("what runs was touched")
	}
}

// TestWhatIsFixedStays changes every key that needs a restart, and one that doesn't.
func TestWhatIsFixedStays(t *testing.T) {
	old := settings.Settings{
		Listen: "127.0.0.1:8080", Journal: settings.Journal{Path: "/journal"},
		Repository: settings.Repository{URL: "https://git.example/a", Branch: "main", Mirror: "/mirror", Timeout: time.Minute, Poll: time.Minute},
	}
	read := settings.Settings{
		Listen: "127.0.0.1:8081", Journal: settings.Journal{Path: "/other"},
		Repository: settings.Repository{
			URL: "https://git.example/b", Branch: "next", Mirror: "/elsewhere", Timeout: time.Second, Poll: time.Second,
			Auth: settings.Auth{TokenFile: "/token"},
		},
	}
	changed := keepFixed(&read, old)
	want := []string{"listen", "journal", "repository.url", "repository.branch", "repository.mirror", "repository.auth", "repository.timeout"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	if read.Repository.Poll != time.Second {
		t.Error("poll can be exchanged, and was not")
	}
	read.Repository.Poll = old.Repository.Poll
	if diff := cmp.Diff(old, read); diff != "" {
		t.Errorf("settings (-want +got)\n%s", diff)
	}
}
