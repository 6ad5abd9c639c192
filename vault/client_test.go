package vault_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/vault"
)

// server answers as Vault's documentation says.
type server struct {
	mu      sync.Mutex
	tokens  map[string]bool
	secrets map[string]map[string]any // by path after the mount
	logins  int
	reads   int
	down    bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	say := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	switch {
	case s.down:
		say(http.StatusServiceUnavailable, map[string]any{"errors": []string{"Vault is sealed"}})
	case r.Method == http.MethodPost && r.URL.Path == "/v1/auth/k8s/login":
		var asked struct{ Role, JWT string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		if asked.Role != "sluice" || asked.JWT != "the-jwt" {
			say(http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		s.logins++
		s.tokens = map[string]bool{"leased": true}
		say(http.StatusOK, map[string]any{"auth": map[string]any{"client_token": "leased", "lease_duration": 60}})
	case !s.tokens[r.Header.Get("X-Vault-Token")]:
		say(http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
	default:
		s.reads++
		path, isKV := strings.CutPrefix(r.URL.Path, "/v1/kv/team/data/")
		secret, found := s.secrets[path]
		if !isKV || !found {
			say(http.StatusNotFound, map[string]any{"errors": []string{}})
			return
		}
		say(http.StatusOK, map[string]any{"data": map[string]any{"data": secret, "metadata": map[string]any{"version": 3}}})
	}
}

func newServer(t *testing.T) (*server, string) {
	t.Helper()
	s := &server{
		tokens:  map[string]bool{"root-canary": true},
		secrets: map[string]map[string]any{"gw/db": {"value": "s3cret"}, "gw/odd": {"value": 5}, "gw/other": {"password": "x"}},
	}
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	return s, listener.URL
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func newClient(t *testing.T, cfg vault.Config) *vault.Client {
	t.Helper()
	cfg.Mount, cfg.Path = "kv/team", "gw"
	client, err := vault.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestSecrets(t *testing.T) {
	_, address := newServer(t)
	client := newClient(t, vault.Config{Address: address, TokenFile: write(t, "root-canary\n")})
	if text, err := client.Secret(t.Context(), "db"); err != nil || text != "s3cret" {
		t.Errorf("%q, %v", text, err)
	}
	for name, want := range map[string]string{
		"none": "read kv/team/gw/none: 404", "odd": `field "value" is no text`, "other": `no field "value"`,
		"../../sys/seal": "404",
	} {
		text, err := client.Secret(t.Context(), name)
		if err == nil || !strings.Contains(err.Error(), want) || text != "" {
			t.Errorf("%s: %q, %v, want %q", name, text, err, want)
		}
		if absent := name == "none" || name == "other"; absent != errors.Is(err, fs.ErrNotExist) && name != "../../sys/seal" {
			t.Errorf("%s: is absent: %v", name, err)
		}
	}
}

func TestATokenThatIsRefusedIsNotShown(t *testing.T) {
	s, address := newServer(t)
	s.tokens = nil
	client := newClient(t, vault.Config{Address: address, TokenFile: write(t, "root-canary")})
	_, err := client.Secret(t.Context(), "db")
	if err == nil || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), "canary") {
		t.Errorf("err = %v", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.Error("a denied secret counts as absent")
	}
}

func TestKubernetesLogsInAgain(t *testing.T) {
	s, address := newServer(t)
	client := newClient(t, vault.Config{
		Address: address, Keep: time.Nanosecond, Kubernetes: vault.Kubernetes{Role: "sluice", Mount: "k8s", JWTFile: write(t, "the-jwt")},
	})
	read := func() {
		t.Helper()
		if text, err := client.Secret(t.Context(), "db"); err != nil || text != "s3cret" {
			t.Fatalf("%q, %v", text, err)
		}
	}
	read()
	read()
	if s.logins != 1 {
		t.Errorf("%d logins for two reads", s.logins)
	}
	s.mu.Lock()
	s.tokens = nil // taken back
	s.mu.Unlock()
	read()
	if s.logins != 2 {
		t.Errorf("%d logins after the token was taken back", s.logins)
	}
}

// TestValuesAreKeptForAWhile says that a thousand uses of a secret cost one request, that a rotated one is seen, and that trouble
// is asked about again.
func TestValuesAreKeptForAWhile(t *testing.T) {
	s, address := newServer(t)
	client := newClient(t, vault.Config{Address: address, TokenFile: write(t, "root-canary"), Keep: time.Hour})
	for range 1000 {
		if _, err := client.Secret(t.Context(), "db"); err != nil {
			t.Fatal(err)
		}
	}
	if s.reads != 1 {
		t.Errorf("%d reads", s.reads)
	}
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan answer, 8)
		client := newClient(t, vault.Config{Address: "http://vault", TokenFile: write(t, "x"), Transport: roundTrips(answers)})
		answers <- answer{503, `{"errors":["Vault is sealed"]}`}
		if _, err := client.Secret(t.Context(), "db"); err == nil || !strings.Contains(err.Error(), "Vault is sealed") {
			t.Errorf("err = %v", err)
		}
		for _, name := range []string{"db", "another"} {
			if _, err := client.Secret(t.Context(), name); err == nil {
				t.Errorf("trouble was asked about again at once, for %s", name)
			}
		}
		time.Sleep(3 * time.Second)
		for _, want := range []string{"one", "two"} {
			answers <- answer{200, `{"data":{"data":{"value":"` + want + `"}}}`}
			if text, err := client.Secret(t.Context(), "db"); err != nil || text != want {
				t.Errorf("%q, %v, want %q", text, err, want)
			}
			time.Sleep(31 * time.Second)
		}
	})
}

type answer struct {
	status int
	body   string
}

// roundTrips answers without a network.
type roundTrips chan answer

func (a roundTrips) RoundTrip(*http.Request) (*http.Response, error) {
	next := <-a
	return &http.Response{StatusCode: next.status, Status: http.StatusText(next.status), Body: io.NopCloser(strings.NewReader(next.body))}, nil
}

func TestConfig(t *testing.T) {
	for name, cfg := range map[string]vault.Config{
		"no address":   {TokenFile: "x"},
		"no login":     {Address: "https://vault:8200"},
		"two logins":   {Address: "https://vault:8200", TokenFile: "x", Kubernetes: vault.Kubernetes{Role: "r"}},
		"a password":   {Address: "https://a:canary@vault:8200", TokenFile: "x"},
		"no authority": {Address: "https://vault:8200", TokenFile: "x", CAFile: "/nonexistent"},
	} {
		if _, err := vault.New(cfg); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatMayPassByItself says which trouble is worth another try.
func TestWhatMayPassByItself(t *testing.T) {
	for status, want := range map[int]bool{
		http.StatusServiceUnavailable: true, http.StatusInternalServerError: true, http.StatusTooManyRequests: true,
		http.StatusForbidden: false, http.StatusNotFound: false, http.StatusBadRequest: false,
	} {
		answers := make(chan answer, 1)
		answers <- answer{status, `{"errors":["no, root-canary"]}`}
		client := newClient(t, vault.Config{Address: "http://vault", TokenFile: write(t, "root-canary"), Transport: roundTrips(answers)})
		_, err := client.Secret(t.Context(), "db")
		if err == nil || temporary(err) != want || strings.Contains(err.Error(), "canary") {
			t.Errorf("status %d: %v, may pass: %v", status, err, temporary(err))
		}
	}
	client := newClient(t, vault.Config{Address: "http://127.0.0.1:1", TokenFile: write(t, "x")})
	if _, err := client.Secret(t.Context(), "db"); !temporary(err) {
		t.Errorf("a Vault that is not there: %v", err)
	}
	client = newClient(t, vault.Config{Address: "http://127.0.0.1:1", TokenFile: write(t, "")})
	if _, err := client.Secret(t.Context(), "db"); err == nil || temporary(err) {
		t.Errorf("an empty token file: %v", err)
	}
}

func temporary(err error) bool {
	type temporary interface {
		error
		Temporary() bool
	}
	trouble, ok := errors.AsType[temporary](err)
	return ok && trouble.Temporary()
}
