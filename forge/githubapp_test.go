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
