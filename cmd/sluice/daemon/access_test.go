package daemon

import (
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/web/access"
)

// TestAccessOf loads a daemon's file and looks at who may come in by it.
func TestAccessOf(t *testing.T) {
	dir := t.TempDir()
	hash := access.HashToken("the-token")
	for name, text := range map[string]string{
		"key": strings.Repeat("k", 40) + "\n", "secret": "client-secret\n", "api": "api-token-that-nobody-can-guess-0\n",
		"sluice.yaml": `repository: {url: https://git.acme.com/gateways.git}
gatewayGroups: {prod: {type: embedded, environment: prod}}
listen: 0.0.0.0:8080
publicURL: https://sluice.acme.com/
api: {tokenFile: api}
access:
  hosts: [sluice.svc]
  tokens:
    - {name: metrics, role: scraper, sha256: ` + hex.EncodeToString(hash[:]) + `}
    - {name: wall, role: viewer, sha256: ` + hex.EncodeToString(hash[:]) + `}
    - {name: ops, role: operator, sha256: ` + strings.ToUpper(hex.EncodeToString(hash[:])) + `}
  oidc:
    {issuer: "https://id.acme.com", clientID: sluice, clientSecretFile: secret, nameClaim: email, groupsClaim: roles, viewers: ["*"], operators: [platform]}
  sessions: {keyFile: key, life: 1h}
  trustedProxies: [10.0.0.0/8]
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, faults := settings.Load(filepath.Join(dir, "sluice.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got, err := accessOf(s)
	if err != nil {
		t.Fatal(err)
	}
	want := access.Config{
		Tokens: []access.Token{
			{Name: "metrics", Role: access.Scraper, Hash: hash}, {Name: "wall", Role: access.Viewer, Hash: hash}, {Name: "ops", Role: access.Operator, Hash: hash},
		},
		SessionKey: []byte(strings.Repeat("k", 40)), SessionLife: time.Hour, PublicURL: "https://sluice.acme.com/", Hosts: []string{"sluice.svc"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		OIDC: access.OIDC{
			Issuer: "https://id.acme.com", ClientID: "sluice", Redirect: "https://sluice.acme.com/oauth2/callback", Scopes: []string{"profile", "email"},
			NameClaim: "email", GroupsClaim: "roles", Viewers: []string{"*"}, Operators: []string{"platform"},
		},
	}
	unseen := cmp.Options{cmpopts.IgnoreFields(access.Config{}, "APIToken"), cmpopts.IgnoreFields(access.OIDC{}, "Secret", "Client"), cmpopts.EquateComparable(netip.Prefix{})}
	if diff := cmp.Diff(want, got, unseen); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	for name, secret := range map[string]struct {
		read func() (interface{ Matches(string) bool }, error)
		want string
	}{
		"the API token":            {func() (interface{ Matches(string) bool }, error) { return got.APIToken() }, "api-token-that-nobody-can-guess-0"},
		"the secret of the client": {func() (interface{ Matches(string) bool }, error) { return got.OIDC.Secret() }, "client-secret"},
	} {
		if found, err := secret.read(); err != nil || !found.Matches(secret.want) {
			t.Errorf("%s is not that of the file: %v", name, err)
		}
	}
	if got.OIDC.Client == nil || got.OIDC.Client.Timeout == 0 {
		t.Error("the identity provider is asked without a bound")
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := accessOf(s); err == nil || strings.Contains(err.Error(), "short\n") {
		t.Errorf("a key of sessions that can be guessed is taken: %v", err)
	}
}
