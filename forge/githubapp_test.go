package forge

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge/forgetest"
	"github.com/sluice-gitops/sluice/gateway"
)

// handled carries requests to a handler in the same process, so that a bubble of time may hold them.
type handled struct{ http.Handler }

func (h handled) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

func appKey(t *testing.T) (*rsa.PrivateKey, gateway.Secret) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return key, gateway.NewSecret("", string(block))
}

func TestAnAppLogsInAndRenewsItsToken(t *testing.T) {
	key, secret := appKey(t)
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		server := handled{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			signed := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			claims := jwt.RegisteredClaims{}
			if _, err := jwt.ParseWithClaims(signed, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil {
				t.Errorf("%s: signature: %v", r.URL.Path, err)
			}
			if claims.Issuer != "Iv1.abc" || claims.ExpiresAt.Sub(claims.IssuedAt.Time) > 11*time.Minute {
				t.Errorf("claims %+v", claims)
			}
			asked = append(asked, r.URL.Path)
			if r.Method == http.MethodGet {
				fmt.Fprint(w, `{"id": 7}`)
				return
			}
			fmt.Fprintf(w, `{"token": "t%d", "expires_at": %q}`, len(asked)/2, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		})}
		app, err := NewApp(Config{URL: "https://git.acme.com", Repository: "acme/gateways", Transport: server}, "Iv1.abc",
			func() (gateway.Secret, error) { return secret, nil })
		if err != nil {
			t.Fatal(err)
		}
		var tokens []string
		for range 3 {
			login, err := app.Login(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, login.Token.Reveal())
			time.Sleep(30 * time.Minute)
		}
		if diff := cmp.Diff([]string{"t1", "t1", "t2"}, tokens); diff != "" {
			t.Errorf("tokens at 0, 30 and 60 minutes (-want +got):\n%s", diff)
		}
		path := "/api/v3/repos/acme/gateways/installation"
		if diff := cmp.Diff([]string{path, "/api/v3/app/installations/7/access_tokens", path, "/api/v3/app/installations/7/access_tokens"}, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestAnAppThatCannotLogIn(t *testing.T) {
	_, good := appKey(t)
	tests := map[string]struct {
		key    gateway.Secret
		answer http.HandlerFunc
		says   string
	}{
		"a broken key":      {gateway.NewSecret("", "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"), says(200, `{}`), "not an RSA private key"},
		"not installed":     {good, says(404, `{"message":"Not Found"}`), "not installed for acme/gateways"},
		"a key that is old": {good, says(401, `{"message":"A JSON web token could not be decoded"}`), "could not be decoded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app, err := NewApp(Config{Repository: "acme/gateways", Transport: handled{test.answer}}, "1", func() (gateway.Secret, error) { return test.key, nil })
			if err != nil {
				t.Fatal(err)
			}
			_, err = app.Login(t.Context())
			fault, ok := errors.AsType[*Error](err)
			if !ok || fault.Class != Denied || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "c2VjcmV0") {
				t.Errorf("got %v, want denied with %q", err, test.says)
			}
		})
	}
}

// revocable is a GitHub that takes only the newest token of an App, until that is revoked; each token is good for an hour.
type revocable struct {
	made    int
	revoked bool // the newest token is
	hostile bool // no token is ever taken
	refused int
	asked   int
	there   *forgetest.Forge
}

func (r *revocable) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	switch path := request.URL.Path; {
	case strings.HasSuffix(path, "/installation"):
		fmt.Fprint(recorder, `{"id": 7}`)
	case strings.HasSuffix(path, "/access_tokens"):
		r.made++
		r.revoked = false
		fmt.Fprintf(recorder, `{"token": "t%d", "expires_at": %q}`, r.made, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	case r.hostile || r.revoked || request.Header.Get("Authorization") != fmt.Sprint("Bearer t", r.made):
		r.refused++
		recorder.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(recorder, `{"message": "Bad credentials"}`)
	default:
		r.asked++
		return r.there.RoundTrip(request)
	}
	return recorder.Result(), nil
}

// TestATokenThatIsRevokedIsRenewedOnce: the request that met the 401 is sent again with a new token. A token that is refused as soon as it is made
// is not renewed with each request.
func TestATokenThatIsRevokedIsRenewedOnce(t *testing.T) {
	_, secret := appKey(t)
	synctest.Test(t, func(t *testing.T) {
		server := &revocable{there: forgetest.Play(t, GitHub)}
		number := server.there.Opened("ann", "change", false).Number
		config := Config{Type: GitHub, URL: server.there.URL, Repository: server.there.Repository, Branch: "main", Transport: server}
		app, err := NewApp(config, "1", func() (gateway.Secret, error) { return secret, nil })
		if err != nil {
			t.Fatal(err)
		}
		config.Login, config.Refused = app.Login, app.Refused
		hub, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		read := func() error {
			_, err := hub.Pull(t.Context(), number)
			return err
		}
		if err := read(); err != nil || server.made != 1 {
			t.Fatalf("%d tokens: %v", server.made, err)
		}
		time.Sleep(5 * time.Minute)
		server.revoked = true
		if err := hub.Comment(t.Context(), number, "sluice-plan", "x"); err != nil || server.made != 2 || server.refused != 1 || len(server.there.Comments(number)) != 1 {
			t.Errorf("after it was revoked: %d tokens, %d refusals: %v", server.made, server.refused, err)
		}
		time.Sleep(5 * time.Minute)
		server.hostile, server.refused = true, 0
		for range 10 {
			if fault, ok := asError(read()); !ok || fault.Class != Denied {
				t.Errorf("a token that nobody takes: %v", fault)
			}
		}
		if server.made != 3 || server.refused != 11 {
			t.Errorf("%d tokens and %d refusals for ten requests", server.made, server.refused)
		}
		time.Sleep(2 * time.Minute)
		if server.hostile = false; read() != nil || server.made != 3 {
			t.Errorf("it does not go on: %d tokens", server.made)
		}
	})
}
