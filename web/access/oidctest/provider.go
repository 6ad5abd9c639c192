// Package oidctest is an identity provider for tests: small, and real in all that a login needs. Nothing of it is part of the program.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// ClientID and ClientSecret are those of the only client that a Provider knows.
const (
	ClientID     = "sluice"
	ClientSecret = "client-secret"
)

// Provider is a small OpenID provider: everybody who is sent to it is logged in as ada, of the groups staff and platform. What is exported
// may be changed between two logins.
type Provider struct {
	*httptest.Server
	Claims   map[string]any // over those that are right; nil takes one away
	UserInfo map[string]any // what it says of the user besides; nil: it says nothing
	Revoked  bool           // its newest key is in no answer any more
	ErrorAs  string         // what the token endpoint answers instead; empty: a token
	// Sign makes the ID token of claims; Signed is what is right.
	Sign func(claims map[string]any) string

	t     *testing.T
	mu    sync.Mutex
	keys  []jose.JSONWebKey     // what it signs with is the last one
	codes map[string]url.Values // what each code was given for
}

// Start runs a Provider on loopback until the test ends.
func Start(t *testing.T) *Provider {
	t.Helper()
	p := &Provider{t: t, Claims: map[string]any{}, codes: map[string]url.Values{}}
	p.Rotate()
	p.Sign = p.Signed
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.jwks)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { p.write(w, p.UserInfo) })
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Rotate gives the provider another key.
func (p *Provider) Rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, jose.JSONWebKey{Key: key, KeyID: "key " + string(rune('a'+len(p.keys))), Algorithm: "ES256", Use: "sig"})
}

func (p *Provider) write(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(document); err != nil {
		p.t.Error(err)
	}
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
	}
	if p.UserInfo != nil {
		document["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	p.write(w, document)
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range p.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	if p.Revoked {
		set.Keys = set.Keys[:len(set.Keys)-1]
	}
	p.write(w, set)
}

func (p *Provider) authorize(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	code := "code-" + rand.Text()
	p.mu.Lock()
	p.codes[code] = query
	p.mu.Unlock()
	http.Redirect(w, req, query.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {query.Get("state")}, "iss": {p.URL}}.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, req *http.Request) {
	id, secret, basic := req.BasicAuth()
	p.mu.Lock()
	asked, known := p.codes[req.PostFormValue("code")]
	delete(p.codes, req.PostFormValue("code"))
	p.mu.Unlock()
	verifier := sha256.Sum256([]byte(req.PostFormValue("code_verifier")))
	switch {
	case p.ErrorAs != "":
		w.WriteHeader(http.StatusBadRequest)
		p.write(w, map[string]any{"error": p.ErrorAs, "error_description": "the secret was " + secret})
	case !basic || id != ClientID || secret != ClientSecret, !known, asked.Get("code_challenge_method") != "S256",
		base64.RawURLEncoding.EncodeToString(verifier[:]) != asked.Get("code_challenge"), req.PostFormValue("redirect_uri") != asked.Get("redirect_uri"):
		w.WriteHeader(http.StatusBadRequest)
		p.write(w, map[string]any{"error": "invalid_grant"})
	default:
		p.write(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.Sign(p.claimsFor(asked.Get("nonce")))})
	}
}

func (p *Provider) claimsFor(nonce string) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "sub": "4711", "aud": ClientID, "exp": now.Add(5 * time.Minute).Unix(), "iat": now.Unix(), "nonce": nonce,
		"preferred_username": "ada", "groups": []string{"staff", "platform"},
	}
	for name, value := range p.Claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// Signed signs claims as the provider does.
func (p *Provider) Signed(claims map[string]any) string {
	p.mu.Lock()
	key := p.keys[len(p.keys)-1]
	p.mu.Unlock()
	return p.SignedBy(jose.SigningKey{Algorithm: jose.ES256, Key: key}, claims)
}

// SignedBy signs claims with another key.
func (p *Provider) SignedBy(key jose.SigningKey, claims map[string]any) string {
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		p.t.Error(err)
	}
	return text
}
