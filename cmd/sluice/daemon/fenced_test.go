package daemon

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// TestWhoDoesNotLeadSaysNothingToTheForge: a replica that was frozen and wakes must not post over what another has posted meanwhile.
func TestWhoDoesNotLeadSaysNothingToTheForge(t *testing.T) {
	called := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called++
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("t0ken"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s settings.Settings
	s.Forge.Type, s.Forge.URL, s.Forge.Repository, s.Forge.TokenFile = forge.Gitea, server.URL, "team/config", token
	s.Repository.Branch = "main"
	for _, shared := range []bool{true, false} {
		d := &Daemon{log: zap.NewNop()}
		if shared {
			d.replicas = &replicas{}
		}
		hosted, err := OpenForge(s, d.outward())
		if err != nil {
			t.Fatal(err)
		}
		const commit = "1111111111111111111111111111111111111111"
		err = hosted.SetStatus(t.Context(), commit, forge.Status{Context: "sluice/prod", State: record.StatusPending})
		if refused := err != nil && strings.Contains(err.Error(), replica.ErrNotLeader.Error()); refused != shared || shared == (called > 0) {
			t.Errorf("replicas %v: %d calls, %v", shared, called, err)
		}
	}
	if (&Daemon{}).mayPush() != nil || (&Daemon{replicas: &replicas{}}).mayPush()() == nil {
		t.Error("only a leader may push, and who has no replicas may always")
	}
}
