package settings

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// Access says who may look, and who may pause, resume and ask for a look. The zero value lets everybody look where listen is on this
// machine alone, and nobody elsewhere.
type Access struct {
	// Open lets everybody look without a login. When it is not set it is true where listen is on this machine alone and neither tokens
	// nor oidc are set.
	Open *bool `yaml:"open"`
	// Hosts are names by which people reach the daemon where nobody logs in, besides that of publicURL.
	Hosts          []string      `yaml:"hosts"`
	Tokens         []AccessToken `yaml:"tokens"`
	OIDC           OIDC          `yaml:"oidc"`
	Sessions       Sessions      `yaml:"sessions"`
	TrustedProxies []string      `yaml:"trustedProxies"` // ranges of addresses whose X-Forwarded-For is believed
}

// AccessToken is a static token, by its hash.
type AccessToken struct {
	Name   string `yaml:"name"`   // who it is for, as the journal calls them
	Role   string `yaml:"role"`   // scraper, viewer or operator
	SHA256 string `yaml:"sha256"` // of the token, in hex, as `sluice token` prints it
	// Environments are those in which an operator may act, who only looks elsewhere; empty: all.
	Environments []string `yaml:"environments"`
}

// OIDC says where people log in. It is used when it has an issuer.
type OIDC struct {
	Issuer           string   `yaml:"issuer"`           // its discovery document stands below /.well-known
	ClientID         string   `yaml:"clientID"`         // of Sluice, as the identity provider knows it
	ClientSecretFile string   `yaml:"clientSecretFile"` // read at each login; empty for a public client
	Scopes           []string `yaml:"scopes"`           // besides openid; profile and email when it is not set
	NameClaim        string   `yaml:"nameClaim"`        // who somebody is, for the journal
	GroupsClaim      string   `yaml:"groupsClaim"`      // what the roles are given for; groups when it is not set
	Viewers          []string `yaml:"viewers"`          // in one of these groups: may look. * is everybody who can log in
	Operators        []string `yaml:"operators"`        // in one of these groups: may pause, resume and ask for a look
	// OperatorsOf names groups by environment: who is in one of them may look everywhere, and act there.
	OperatorsOf map[string][]string `yaml:"operatorsOf"`
	CAFile      string              `yaml:"caFile"` // PEM, trusted instead of the system's authorities
}

// Sessions says how long a login lasts.
type Sessions struct {
	KeyFile string        `yaml:"keyFile"` // seals sessions; made anew at each start when it is not set
	Life    time.Duration `yaml:"life"`    // 8 h when it is not set
}

// ServerTLS names what the daemon shows to browsers. It is used when it has files.
type ServerTLS struct {
	CertFile string `yaml:"certFile"` // PEM, with the chain; read again when it changes
	KeyFile  string `yaml:"keyFile"`  // PEM
}

// Used reports whether the daemon speaks TLS itself.
func (t ServerTLS) Used() bool { return t.CertFile != "" || t.KeyFile != "" }

// ClientSecret reads the secret of the client anew at each call. It is the zero Secret, which is not resolved, when none is named; an
// empty one is an error.
func (o OIDC) ClientSecret() (gateway.Secret, error) {
	return optionalSecret(o.ClientSecretFile, "the secret of access.oidc")
}

// leastKey is how many bytes the key of sessions needs.
const leastKey = 32

// Key reads the key of sessions; nil when none is named. One that is too short is an error.
func (s Sessions) Key() ([]byte, error) {
	secret, err := optionalSecret(s.KeyFile, "the key of sessions")
	if err != nil || !secret.Resolved() {
		return nil, err
	}
	if len(secret.Reveal()) < leastKey {
		return nil, fmt.Errorf("read the key of sessions: %s holds less than %d bytes: make one with openssl rand -hex 32", s.KeyFile, leastKey)
	}
	return []byte(secret.Reveal()), nil
}

func optionalSecret(file, what string) (gateway.Secret, error) {
	if file == "" {
		return gateway.Secret{}, nil
	}
	text, err := readSecret(file)
	if err != nil {
		return gateway.Secret{}, fmt.Errorf("read %s: %w", what, err)
	}
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, fmt.Errorf("read %s: %s is empty", what, file)
	}
	return gateway.NewSecret("", text), nil
}

// IsOpen reports whether everybody may look without a login.
func (s Settings) IsOpen() bool {
	if s.Access.Open != nil {
		return *s.Access.Open
	}
	return isLoopback(s.Listen) && s.Access.OIDC.Issuer == "" && len(s.Access.Tokens) == 0
}

// isLoopback reports whether nobody but this machine can reach an address to listen on.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func (a *Access) complete(dir string) {
	for _, file := range []*string{&a.OIDC.ClientSecretFile, &a.OIDC.CAFile, &a.Sessions.KeyFile} {
		*file = from(dir, *file)
	}
	a.Sessions.Life = cmp.Or(a.Sessions.Life, 8*time.Hour)
	if a.OIDC.Issuer != "" && a.OIDC.Scopes == nil {
		a.OIDC.Scopes = []string{"profile", "email"}
	}
}
