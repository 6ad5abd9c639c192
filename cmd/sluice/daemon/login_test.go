package daemon

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/web/access/oidctest"
)

const loginHouse = `
-- repo/sluice.yaml --
version: 1
-- repo/environments/test/environment.yaml --
groups: [test-eu]
-- repo/environments/test/routes.yaml --
routes:
  users: {uri: /users/*, upstream: {nodes: {"127.0.0.1:1980": 1}}}
-- secret --
client-secret
-- sluice.yaml --
repository: {url: repo}
journal: {path: journal}
listen: ADDRESS
publicURL: http://ADDRESS
gatewayGroups:
  test-eu: {type: embedded, environment: test, settle: 10ms}
access:
  oidc: {issuer: "ISSUER", clientID: sluice, clientSecretFile: secret, viewers: [staff], operators: [platform]}
`

// TestALoginEndsOnRecord logs a browser in at the provider that the daemon's file names, and pauses an environment by the form of the page.
func TestALoginEndsOnRecord(t *testing.T) {
	provider := oidctest.Start(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	file, _ := build(t, strings.NewReplacer("ISSUER", provider.URL, "ADDRESS", address).Replace(loginHouse))
	d := runDaemon(t, file)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(path string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL()+path, nil)
		if form != nil {
			req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL()+path, strings.NewReader(form.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", d.URL())
		}
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		answer, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	if status, text := ask("/environments/test", nil); status != 200 || !strings.Contains(text, "/oauth2/start?next=") || strings.Contains(text, "test-eu") {
		t.Fatalf("without a login: %d %s", status, text)
	}
	_, text := ask("/oauth2/start?next=/environments/test", nil)
	for begun := time.Now(); !strings.Contains(text, "test-eu"); time.Sleep(20 * time.Millisecond) {
		if _, text = ask("/environments/test", nil); time.Since(begun) > 20*time.Second {
			t.Fatalf("after the login: %s", text)
		}
	}
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(text)
	if token == nil || !strings.Contains(text, "ada") {
		t.Fatalf("the page has no form, or does not say who looks:\n%s", text)
	}
	form := url.Values{"reason": {"cut-over"}, "for": {"1h"}, "next": {"/environments/test"}}
	if status, _ := ask("/api/v1/environments/test/pause", form); status != http.StatusForbidden {
		t.Errorf("a form without its token is answered %d", status)
	}
	form.Set("csrf", token[1])
	if status, text := ask("/api/v1/environments/test/pause", form); status != 200 || !strings.Contains(text, "cut-over") {
		t.Errorf("the page after the pause: %d %s", status, text)
	}
	if pause, paused := d.Journal.Paused("test"); !paused || pause.By != "ada from 127.0.0.1" {
		t.Errorf("on record is %+v", pause)
	}
}
