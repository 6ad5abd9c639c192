package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/sluice-gitops/sluice/gateway"
)

// OIDC says how people log in at an identity provider, and which role they have then. The zero value asks none.
type OIDC struct {
	Issuer   string // where its discovery document stands, without /.well-known/openid-configuration
	ClientID string
	// Secret returns the secret of the client, at each login anew; one that is not resolved belongs to a public client.
	Secret   func() (gateway.Secret, error)
	Redirect string   // the address of CallbackPath, as browsers reach it
	Scopes   []string // besides openid
	// NameClaim names who logs in, for the record. Empty: preferred_username, email when it is verified, or sub.
	NameClaim string
	// GroupsClaim holds what the roles are given for: a text or a list of them. Dots lead into maps. Empty: groups.
	GroupsClaim string
	Viewers     []string // in one of these groups: Viewer. * is everybody who can log in
	Operators   []string // in one of these groups: Operator
	// OperatorsOf names for environments groups whose people may look everywhere, and are Operators there.
	OperatorsOf map[string][]string
	Client      *http.Client
}

// CallbackPath is where the identity provider sends browsers back to.
const CallbackPath = "/oauth2/callback"

// provider asks an identity provider. It is safe for concurrent use.
type provider struct {
	config OIDC

	mu    sync.Mutex
	found *oidc.Provider // nil until it has answered
	at    time.Time      // when it has
}

const (
	// providerTime bounds how long a browser waits for the identity provider.
	providerTime = 10 * time.Second
	// rediscover is how old what is known of the provider may be. Its keys are read at each login.
	rediscover = time.Hour
	// skew is how far the provider's clock may be behind.
	skew = time.Minute
)

func newProvider(config OIDC) *provider {
	config.Client = bounded(config.Client)
	if config.GroupsClaim == "" {
		config.GroupsClaim = "groups"
	}
	return &provider{config: config}
}

// stamp is another one when logins would be given other roles.
func (p *provider) stamp(s *sealer) string {
	c := p.config
	parts := []string{"oidc", c.Issuer, c.ClientID, c.GroupsClaim, strings.Join(c.Viewers, "\x00"), strings.Join(c.Operators, "\x00")}
	for _, environment := range slices.Sorted(maps.Keys(c.OperatorsOf)) {
		parts = append(parts, environment, strings.Join(c.OperatorsOf[environment], "\x00"))
	}
	return s.mark(parts...)
}

// discover returns what the provider says of itself.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	found, at := p.found, p.at
	p.mu.Unlock()
	if found != nil && time.Since(at) < rediscover {
		return found, nil
	}
	found, err := oidc.NewProvider(ctx, p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the identity provider: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found, p.at = found, time.Now()
	return found, nil
}

// underWay is what a browser carries while somebody logs in, sealed.
type underWay struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Next     string    `json:"p"`
	Until    time.Time `json:"u"`
}

func (p *provider) oauth(found *oidc.Provider, secret string) oauth2.Config {
	scopes := append([]string{oidc.ScopeOpenID}, p.config.Scopes...)
	return oauth2.Config{ClientID: p.config.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(), RedirectURL: p.config.Redirect, Scopes: scopes}
}

// start returns where the browser goes to log in.
func (p *provider) start(ctx context.Context, next string) (string, underWay, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return "", underWay{}, err
	}
	u := underWay{State: randomText(), Nonce: randomText(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: time.Now().Add(loginTime)}
	oauth := p.oauth(found, "")
	return oauth.AuthCodeURL(u.State, oidc.Nonce(u.Nonce), oauth2.S256ChallengeOption(u.Verifier)), u, nil
}

// finish exchanges the code that the browser brings back for who has logged in.
func (p *provider) finish(ctx context.Context, code string, u underWay) (Who, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return Who{}, err
	}
	token, err := p.exchange(ctx, found, code, u.Verifier)
	if err != nil {
		return Who{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Who{}, errors.New("the identity provider gave no ID token: is openid among the scopes of the client?")
	}
	// A verifier of its own reads the keys anew: one that was revoked is not believed.
	verifier := found.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID, Now: func() time.Time { return time.Now().Add(-skew) }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Who{}, fmt.Errorf("check the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(u.Nonce)) != 1 {
		return Who{}, errors.New("check the ID token: it answers another login")
	}
	return p.who(ctx, found, id, token)
}

func (p *provider) exchange(ctx context.Context, found *oidc.Provider, code, verifier string) (*oauth2.Token, error) {
	var secret gateway.Secret
	if p.config.Secret != nil {
		var err error
		if secret, err = p.config.Secret(); err != nil {
			return nil, err
		}
	}
	oauth := p.oauth(found, secret.Reveal())
	token, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		// Of its answer no more than the code: the rest could repeat what it was sent.
		return nil, fmt.Errorf("exchange the code at the identity provider: it answered %d %s", refused.Response.StatusCode, word(refused.ErrorCode))
	}
	if err != nil {
		return nil, fmt.Errorf("exchange the code at the identity provider: %w", err)
	}
	return token, nil
}

// within returns a context in which the provider is asked.
func (p *provider) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	return oidc.ClientContext(ctx, p.config.Client), cancel
}

// word returns a code of the provider when it looks like one.
func word(code string) string {
	plain := func(r rune) bool { return r >= 'a' && r <= 'z' || r == '_' }
	if code == "" || len(code) > 50 || slices.ContainsFunc([]rune(code), func(r rune) bool { return !plain(r) }) {
		return "without a code"
	}
	return code
}
