package settings

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
)

// access checks who may come in, and by what way.
func (c *checker) access(s Settings) {
	a := s.Access
	c.tokens(a.Tokens)
	c.oidc(a.OIDC, s.PublicURL)
	c.sessions(s)
	c.reached(a)
	c.serverTLS(s.TLS)
	login := a.OIDC.Issuer != "" || len(a.Tokens) > 0
	_, _, broken := net.SplitHostPort(s.Listen)
	switch {
	case isLoopback(s.Listen) || broken != nil:
	case a.Open == nil && !login:
		c.fault("open-listen", "say who may look: access: {tokens: […]} or access: {oidc: …}; access: {open: true} when something in front asks for a login, or anybody may look",
			quote(s.Listen)+" can be reached from other machines, and nobody is asked who they are", "listen")
	case (login || s.API.TokenFile != "") && !s.TLS.Used() && !strings.HasPrefix(s.PublicURL, "https://"):
		c.warn("plain-login", "name tls: {certFile: …, keyFile: …}; or a publicURL with https, when something in front speaks TLS",
			"tokens and sessions travel in clear: "+quote(s.Listen)+" can be reached from other machines without TLS", "listen")
	}
}

// reached checks by which names and through whom people come.
func (c *checker) reached(a Access) {
	for _, host := range a.Hosts {
		if _, err := netip.ParseAddr(host); err != nil && !hostName.MatchString(host) {
			c.fault("bad-host", "write the name alone, as sluice.acme.com: without a scheme, a port and *", quote(host)+" is not the name of a host", "access", "hosts")
		}
	}
	for _, text := range a.TrustedProxies {
		switch proxies, err := netip.ParsePrefix(text); {
		case err != nil:
			c.fault("bad-range", "write a range, as 10.0.0.0/8", quote(text)+" is not a range of addresses", "access", "trustedProxies")
		case proxies.Bits() == 0:
			c.fault("bad-range", "write the addresses of your proxies alone, as 10.0.0.0/8",
				quote(text)+" holds every address: whoever connects could say where the request came from", "access", "trustedProxies")
		}
	}
}

// apiToken checks the token that makes whoever shows it an operator. One that can't be read here is told of when it is shown.
func (c *checker) apiToken(api API) {
	c.key(api.TokenFile, "api", "tokenFile")
	text, err := readSecret(api.TokenFile)
	switch length := len(strings.TrimSpace(text)); {
	case api.TokenFile == "" || err != nil || length >= leastKey:
	case length == 0:
		c.fault("empty-token", "make one with openssl rand -hex 32", quote(api.TokenFile)+" is empty: nobody could be an operator by it", "api", "tokenFile")
	default:
		c.warn("short-token", "make one with openssl rand -hex 32",
			fmt.Sprintf("%q holds less than %d bytes, and whoever guesses them is an operator", api.TokenFile, leastKey), "api", "tokenFile")
	}
}

// hostName is what a browser can call a host.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)

// longestName is how long the name of a token may be, in bytes.
const longestName = 100

// cleanLine reports whether a text stands in one line and shows all that it holds.
func cleanLine(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// tokenRoles are the roles that a token can have.
func tokenRoles() []string { return []string{"scraper", "viewer", "operator"} }

func (c *checker) tokens(tokens []AccessToken) {
	seen := map[string]bool{}
	for i, token := range tokens {
		at := "token " + strconv.Itoa(i+1) + " of access.tokens"
		if token.Name == "" {
			c.fault("missing-key", "name who it is for: the journal says so", at+" has no name", "access", "tokens")
		}
		if len(token.Name) > longestName || !cleanLine(token.Name) {
			c.fault("bad-name", fmt.Sprintf("write one line of up to %d bytes, without control characters and marks that turn the direction of writing", longestName),
				at+" has a name that the journal can't show as it is", "access", "tokens")
		}
		if seen[token.Name] {
			c.fault("duplicate-token", "give each a name of its own: the journal tells them apart by it", "two tokens are called "+quote(token.Name), "access", "tokens")
		}
		seen[token.Name] = true
		if !slices.Contains(tokenRoles(), token.Role) {
			c.fault("unknown-role", diag.DidYouMean(token.Role, tokenRoles(), "the roles are "+strings.Join(tokenRoles(), ", ")),
				at+" has the unknown role "+quote(token.Role), "access", "tokens")
		}
		if len(token.Environments) > 0 && token.Role != "operator" {
			c.fault("bad-environments", "take environments out, or write role: operator", at+" has environments, and its role is the same in all of them", "access", "tokens")
		}
		c.operated(at, token.Environments, "access", "tokens")
		if hash, err := hex.DecodeString(token.SHA256); err != nil || len(hash) != 32 {
			c.fault("bad-token-hash", "make a token and its hash with sluice token",
				at+": sha256 is not the hash of a token: 64 hexadecimal digits", "access", "tokens")
		}
	}
}

// mostOperated bounds the names of environments in one place, in bytes: a session carries them in a cookie.
const mostOperated = 2000

// operated checks the names of environments in which somebody may act.
func (c *checker) operated(what string, environments []string, key ...string) {
	sum := 0
	for _, name := range environments {
		if sum += len(name); name == "" || !cleanLine(name) {
			c.fault("bad-environments", "name each as its directory below environments/", what+" has "+quote(name)+" among its environments, which is no name of one", key...)
		}
	}
	if sum > mostOperated {
		c.fault("bad-environments", "let an operator act everywhere, or name fewer",
			fmt.Sprintf("%s names environments with %d bytes in all, and a session keeps up to %d", what, sum, mostOperated), key...)
	}
}

func (c *checker) oidc(o OIDC, public string) {
	at := func(key string) []string { return []string{"access", "oidc", key} }
	if o.Issuer == "" {
		if o.ClientID != "" || len(o.Viewers)+len(o.Operators)+len(o.OperatorsOf) > 0 {
			c.missing("name the identity provider: issuer: https://…", at("issuer")...)
		}
		return
	}
	c.web(c.place(at("issuer")...), o.Issuer)
	if issuer, err := url.Parse(o.Issuer); err == nil && issuer.Scheme == "http" && !isLoopback(net.JoinHostPort(issuer.Hostname(), "0")) {
		c.fault("bad-url", "write https://", "an identity provider on another machine is asked over https alone", at("issuer")...)
	}
	if o.ClientID == "" {
		c.missing("name the client as the identity provider knows it", at("clientID")...)
	}
	if public == "" {
		c.missing("write publicURL: https://HOST: the identity provider sends browsers back to it", "publicURL")
	}
	c.operated("operatorsOf of access.oidc", slices.Sorted(maps.Keys(o.OperatorsOf)), at("operatorsOf")...)
	if len(o.Viewers)+len(o.Operators)+len(o.OperatorsOf) == 0 {
		c.missing(`name the groups that may look, or ["*"] for everybody who can log in`, at("viewers")...)
	}
	c.key(o.ClientSecretFile, at("clientSecretFile")...)
	c.exists(o.CAFile, at("caFile")...)
}

// longestSession is how long a login may last.
const longestSession = 30 * 24 * time.Hour

func (c *checker) sessions(s Settings) {
	at := func(key string) []string { return []string{"access", "sessions", key} }
	c.key(s.Access.Sessions.KeyFile, at("keyFile")...)
	if life := s.Access.Sessions.Life; life < time.Minute || life > longestSession {
		c.fault("bad-duration", "write a duration, as 8h", "a session lasts from a minute to 30 days, not "+life.String(), at("life")...)
	}
	if s.Access.OIDC.Issuer != "" && s.Journal.Etcd.Used() && s.Access.Sessions.KeyFile == "" {
		c.warn("session-key", "name a key that all replicas share: access: {sessions: {keyFile: …}}",
			"each replica asks for a login of its own: they share no key of sessions", "access", "sessions")
	}
}

func (c *checker) serverTLS(t ServerTLS) {
	if !t.Used() {
		return
	}
	if t.CertFile == "" {
		c.missing("name the certificate with its chain, in PEM", "tls", "certFile")
	}
	if t.KeyFile == "" {
		c.missing("name the private key of the certificate, in PEM", "tls", "keyFile")
	}
	c.exists(t.CertFile, "tls", "certFile")
	c.key(t.KeyFile, "tls", "keyFile")
}
