package daemon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/settings"
)

// TestAnAppReadsTheRepository logs in for Git with the token that a GitHub App gets from the API of the same host.
func TestAnAppReadsTheRepository(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	as := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v3/repos/acme/gateways/installation":
			fmt.Fprint(w, `{"id": 7}`)
		case "/api/v3/app/installations/7/access_tokens":
			fmt.Fprintf(w, `{"token": "t0ken", "expires_at": %q}`, time.Now().Add(time.Hour).Format(time.RFC3339))
		default:
			user, password, _ := r.BasicAuth()
			as = user + ":" + password + " at " + r.URL.Path
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	s := settings.Settings{Repository: settings.Repository{
		URL: server.URL + "/acme/gateways.git", Branch: "main", Mirror: t.TempDir(),
		Auth: settings.Auth{GitHubApp: settings.App{ID: "Iv1", KeyFile: file}},
	}}
	_, err = daemon.OpenSource(t.Context(), s, nil)
	if err == nil || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("a login that is refused: %v", err)
	}
	if want := "x-access-token:t0ken at /acme/gateways.git/info/refs"; as != want {
		t.Errorf("Git was asked as %q, want %q", as, want)
	}
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = daemon.OpenSource(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "not an RSA private key in PEM") {
		t.Errorf("without a key: %v", err)
	}
}
