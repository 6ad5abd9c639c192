package settings

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestValues(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"gw-db": "p4ss\n", "gw-two": "a\n\n", "gw-crlf": "a\r\n", "gw-bare": "a", "gw-empty": "\n", "other": "x"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(dir, "gw-dir"), 0o700))
	for name, text := range map[string]string{"GATEWAY_HOST": "eu", "GATEWAY_EMPTY": "", "HOME_ALONE": "x", "SEC_GW_A_B": "from env", "SEC_GW_DB": "hidden", "GATEWAY_KEY": "k"} {
		t.Setenv(name, text)
	}
	s := Settings{
		Allow:         Allow{Env: []string{"GATEWAY_*", "SEC_*"}, Secrets: []string{"gw-*", "..*"}},
		Secrets:       Secrets{Dir: dir, EnvPrefix: "SEC_"},
		GatewayGroups: map[string]GatewayGroup{"eu": {AdminKeyEnv: "GATEWAY_KEY"}},
	}
	env, secret := s.Values().Env, s.Values().Secret
	none := Settings{Allow: Allow{Secrets: []string{"*"}}}.Values()
	tests := []struct {
		name, key string
		get       func(string) (string, error)
		want      string
		err       error
		text      string
	}{
		{"variable", "GATEWAY_HOST", env, "eu", nil, ""},
		{"empty variable", "GATEWAY_EMPTY", env, "", nil, ""},
		{"variable not allowed", "HOME_ALONE", env, "", ErrNotAllowed, "no glob of allow.env in the daemon's file matches it"},
		{"variable not set", "GATEWAY_NONE", env, "", fs.ErrNotExist, "not set where the daemon runs"},
		{"variable of a secret", "SEC_GW_DB", env, "", ErrNotAllowed, "it holds a secret of the daemon"},
		{"variable of an admin key", "GATEWAY_KEY", env, "", ErrNotAllowed, "it holds a secret of the daemon"},
		{"secret, newline cut", "gw-db", secret, "p4ss", nil, ""},
		{"secret, one newline cut", "gw-two", secret, "a\n", nil, ""},
		{"secret, line end of Windows cut", "gw-crlf", secret, "a", nil, ""},
		{"secret without a newline", "gw-bare", secret, "a", nil, ""},
		{"secret of a variable", "gw-a.b", secret, "from env", nil, ""},
		{"secret not allowed", "other", secret, "", ErrNotAllowed, "no glob of allow.secrets in the daemon's file matches it"},
		{"secret outside", "../x", secret, "", ErrNotAllowed, "a name has letters"},
		{"secret above", "..", secret, "", ErrNotAllowed, "a name has letters"},
		{"secret not found", "gw-none", secret, "", fs.ErrNotExist, "not found as file " + dir + "/gw-none or variable SEC_GW_NONE"},
		{"secret that can't be read", "gw-dir", secret, "", nil, "is a directory"},
		{"secret that is empty", "gw-empty", secret, "", nil, "gw-empty is empty"},
		{"no place for secrets", "x", none.Secret, "", fs.ErrNotExist, "the daemon's file names no place for secrets"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.get(test.key)
			check(t, "value", test.want, got)
			if !errors.Is(err, test.err) && test.err != nil || (err == nil) != (test.text == "") {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %q, want %q in it", err, test.text)
			}
			if errors.Is(err, fs.ErrNotExist) && errors.Is(err, ErrNotAllowed) {
				t.Error("both not allowed and not found")
			}
		})
	}
}

func TestAdminKey(t *testing.T) {
	file, empty := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "empty")
	must(t, os.WriteFile(file, []byte("one\n"), 0o600))
	must(t, os.WriteFile(empty, []byte("\n"), 0o600))
	padded := filepath.Join(t.TempDir(), "padded")
	must(t, os.WriteFile(padded, []byte(" one\n\n"), 0o600))
	t.Setenv("SLUICE_KEY", "two")
	tests := []struct {
		name  string
		group GatewayGroup
		want  string
		err   string
	}{
		{"of a file", GatewayGroup{AdminKeyFile: file}, "one", ""},
		{"with white space around it", GatewayGroup{AdminKeyFile: padded}, "one", ""},
		{"of a variable", GatewayGroup{AdminKeyEnv: "SLUICE_KEY"}, "two", ""},
		{"none", GatewayGroup{}, "", ""},
		{"empty file", GatewayGroup{AdminKeyFile: empty}, "", "read admin key: adminKeyFile " + empty + " is empty"},
		{"no variable", GatewayGroup{AdminKeyEnv: "SLUICE_NO_KEY"}, "", "read admin key: adminKeyEnv SLUICE_NO_KEY is empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := test.group.AdminKey()
			text := ""
			if err != nil {
				text = err.Error()
			}
			check(t, "error", test.err, text)
			check(t, "key", test.want, gateway.Secret.Reveal(key))
		})
	}
	must(t, os.WriteFile(file, []byte("rotated"), 0o600))
	key, err := GatewayGroup{AdminKeyFile: file}.AdminKey()
	must(t, err)
	check(t, "after a rotation", "rotated", key.Reveal())
}

// TestVaultIsAskedLast says that Vault is one place more, and that trouble with it is not taken for absence.
func TestVaultIsAskedLast(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "gw-file"), []byte("of the file"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "token"), []byte("token"), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/secret/data/gateways/gw-vault", "/v1/secret/data/gateways/gw-file":
			_, _ = w.Write([]byte(`{"data":{"data":{"value":"of Vault"}}}`))
		case "/v1/secret/data/gateways/gw-sealed":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	values := Settings{
		Allow:   Allow{Secrets: []string{"gw-*"}},
		Secrets: Secrets{Dir: dir, Vault: Vault{Address: server.URL, Path: "gateways", TokenFile: filepath.Join(dir, "token")}},
	}.Values()
	for name, want := range map[string]string{"gw-file": "of the file", "gw-vault": "of Vault"} {
		got, err := values.Secret(name)
		must(t, err)
		check(t, name, want, got)
	}
	if _, err := values.Secret("gw-none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent secret: %v", err)
	}
	if _, err := values.Secret("gw-sealed"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a sealed Vault: %v", err)
	}
}
