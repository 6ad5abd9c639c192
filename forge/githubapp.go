package forge

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sluice-gitops/sluice/gateway"
)

// App logs in as a GitHub App that is installed where the repository is. Its Login is safe for use by several goroutines at once.
type App struct {
	ID  string                         // client id or app id
	Key func() (gateway.Secret, error) // the private key in PEM; asked for at each renewal

	wire       *client
	repository string

	mu      sync.Mutex
	token   gateway.Secret
	made    time.Time
	expires time.Time
}

// NewApp returns an App for the repository of c; c.Login is not used.
func NewApp(c Config, id string, key func() (gateway.Secret, error)) (*App, error) {
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if c.URL == "" {
		base, err = url.Parse(public[GitHub])
	}
	if err != nil {
		return nil, errors.New("address of the GitHub of an App: not http(s)://HOST")
	}
	app := &App{ID: id, Key: key, repository: c.Repository}
	c.Type, c.Login = GitHub, app.asApp
	app.wire = newClient(c, base).at(gitHubAPI(base))
	return app, nil
}

const (
	// signedFor is how long what the App signs is good for: GitHub takes up to 10 min, and clocks differ.
	signedFor = 9 * time.Minute
	// clockSkew is how far the clock of GitHub may be behind ours.
	clockSkew = time.Minute
	// renewBefore is how long before its end a token of an installation, which lives for 1 h, is renewed.
	renewBefore = 10 * time.Minute
	// betweenRenewals is the least time between two tokens: one that is refused as soon as it is made will not be mended by the next.
	betweenRenewals = time.Minute
)

// asApp signs that we are the App
// (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).
func (a *App) asApp(context.Context) (Login, error) {
	key, err := a.key()
	if err != nil {
		return Login{}, &Error{Class: Denied, What: "key of the GitHub App: " + err.Error(), Hint: "make a new private key in the settings of the App"}
	}
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: a.ID, IssuedAt: jwt.NewNumericDate(now.Add(-clockSkew)), ExpiresAt: jwt.NewNumericDate(now.Add(signedFor)),
	}).SignedString(key)
	if err != nil {
		return Login{}, &Error{Class: Denied, What: "sign as the GitHub App: " + err.Error()}
	}
	return Login{Token: gateway.NewSecret("", signed)}, nil
}

func (a *App) key() (*rsa.PrivateKey, error) {
	pem, err := a.Key()
	if err != nil {
		return nil, err
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(pem.Reveal()))
	if err != nil {
		return nil, errors.New("not an RSA private key in PEM") // the parser's own error could show a part of it
	}
	return key, nil
}

// Login returns a token of the installation, a new one when the last runs out soon.
func (a *App) Login(ctx context.Context) (Login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Now().Add(renewBefore).Before(a.expires) {
		return Login{Token: a.token}, nil
	}
	var installation struct {
		ID int64 `json:"id"`
	}
	if _, err := a.wire.call(ctx, http.MethodGet, "/repos/"+a.repository+"/installation", nil, &installation); err != nil {
		if final(err, http.StatusNotFound) {
			err = &Error{Class: Denied, Status: http.StatusNotFound, What: "the GitHub App is not installed for " + a.repository, Hint: "install it there"}
		}
		return Login{}, err
	}
	var made struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	path := fmt.Sprintf("/app/installations/%d/access_tokens", installation.ID)
	if _, err := a.wire.call(ctx, http.MethodPost, path, nil, &made); err != nil {
		return Login{}, err
	}
	a.token, a.made, a.expires = gateway.NewSecret("", made.Token), time.Now(), made.Expires
	return Login{Token: a.token}, nil
}

// Refused is told of a token that GitHub takes no longer, though it has not run out: it was revoked, or the App was installed anew. It reports
// whether Login gives another one.
func (a *App) Refused(login Login) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !login.Token.Resolved() || !a.token.Resolved() || login.Token.Reveal() != a.token.Reveal() {
		return true // it was renewed meanwhile
	}
	if time.Since(a.made) < betweenRenewals {
		return false
	}
	a.expires = time.Time{}
	return true
}
