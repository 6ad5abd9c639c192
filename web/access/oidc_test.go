package access_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/access/oidctest"
)

// rig is a site with an identity provider, and a browser.
type rig struct {
	*oidctest.Provider
	door    *access.Door
	site    *httptest.Server
	browser *http.Client
	logs    *observer.ObservedLogs
}

func newRig(t *testing.T, change func(*access.OIDC)) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := &rig{Provider: oidctest.Start(t), logs: logs}
	d, err := access.NewDoor(access.Config{}, nil, zap.New(core))
	must(t, err)
	r.door, r.site = d, httptest.NewServer(site(d))
	t.Cleanup(r.site.Close)
	r.configure(t, change)
	jar, err := cookiejar.New(nil)
	must(t, err)
	r.browser = &http.Client{Jar: jar}
	return r
}

func (r *rig) configure(t *testing.T, change func(*access.OIDC)) {
	t.Helper()
	config := access.OIDC{
		Issuer: r.URL, ClientID: oidctest.ClientID, Secret: apiToken(oidctest.ClientSecret), Redirect: r.site.URL + access.CallbackPath,
		Viewers: []string{"staff"}, Operators: []string{"platform"},
	}
	if change != nil {
		change(&config)
	}
	must(t, r.door.Set(access.Config{OIDC: config, PublicURL: r.site.URL, SessionKey: []byte("of two doors that are set one after the other")}))
}

// get asks the site as the browser does, and follows redirects.
func (r *rig) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := r.browser.Get(r.site.URL + path)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer.StatusCode, string(text)
}

// login logs in, and returns what the browser sees at the end.
func (r *rig) login(t *testing.T) (int, string) {
	t.Helper()
	return r.get(t, "/oauth2/start?next=/viewer")
}

func TestLoginAtAProvider(t *testing.T) {
	r := newRig(t, nil)
	if status, _ := r.get(t, "/viewer"); status != 401 {
		t.Fatalf("before the login: %d", status)
	}
	status, text := r.login(t)
	if status != 200 || !strings.HasPrefix(text, "ada|operator|login|") {
		t.Fatalf("after the login: %d %s", status, text)
	}
	r.configure(t, nil)
	if status, _ := r.get(t, "/operator"); status != 200 {
		t.Errorf("after the same was set again: %d", status)
	}
	r.configure(t, func(c *access.OIDC) { c.Operators = []string{"others"} })
	if status, _ := r.get(t, "/viewer"); status != 401 {
		t.Errorf("after other roles were set: %d", status)
	}
	if _, text = r.login(t); !strings.HasPrefix(text, "ada|viewer|") {
		t.Errorf("the next login: %s", text)
	}
}

func TestRolesFromClaims(t *testing.T) {
	tests := []struct {
		name   string
		claims map[string]any
		change func(*access.OIDC)
		status int
		want   string
	}{
		{"one group as a text", map[string]any{"groups": "staff"}, nil, 200, "ada|viewer|"},
		{"no group that counts", map[string]any{"groups": []string{"guests"}}, nil, 403, "none of your groups"},
		{"no groups", map[string]any{"groups": nil}, nil, 403, "none of your groups"},
		{"groups of another type", map[string]any{"groups": map[string]any{"platform": true}}, nil, 403, "none of your groups"},
		{"everybody", map[string]any{"groups": nil}, func(c *access.OIDC) { c.Viewers = []string{"*"} }, 200, "ada|viewer|"},
		{"a group called *", map[string]any{"groups": []string{"*"}}, nil, 403, "none of your groups"},
		{"inside maps", map[string]any{"realm_access": map[string]any{"roles": []string{"platform"}}},
			func(c *access.OIDC) { c.GroupsClaim = "realm_access.roles" }, 200, "ada|operator|"},
		{"a name with dots", map[string]any{"https://acme.com/groups": []string{"platform"}},
			func(c *access.OIDC) { c.GroupsClaim = "https://acme.com/groups" }, 200, "ada|operator|"},
		{"a verified address", map[string]any{"preferred_username": nil, "email": "ada@acme.com", "email_verified": true}, nil, 200, "ada@acme.com|"},
		{"an address that is not verified", map[string]any{"preferred_username": nil, "email": "ada@acme.com", "email_verified": false}, nil, 200, "4711|"},
		{"a claim for the name", map[string]any{"employee": "E1"}, func(c *access.OIDC) { c.NameClaim = "employee" }, 200, "E1|"},
		{"a name of several lines", map[string]any{"preferred_username": "ada\nroot\u202e"}, nil, 200, "adaroot|"},
		{"a long name", map[string]any{"preferred_username": strings.Repeat("é", 300)}, nil, 200, strings.Repeat("é", 100) + "|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.change)
			r.Claims = tt.claims
			if status, text := r.login(t); status != tt.status || !strings.Contains(text, tt.want) {
				t.Errorf("answered %d %s", status, text)
			}
		})
	}
}

// TestOperatorsOfEnvironments gives people of a group an environment to act in.
func TestOperatorsOfEnvironments(t *testing.T) {
	change := func(c *access.OIDC) {
		c.OperatorsOf = map[string][]string{"test": {"team-a", "qa"}, "uat": {"qa"}, "prod": {"others"}}
	}
	for _, tt := range []struct {
		groups any
		want   map[string]int
	}{
		{"team-a", map[string]int{"/viewer": 200, "/operator/test": 200, "/operator/uat": 403, "/operator/prod": 403, "/operator": 403}},
		{[]string{"qa", "staff"}, map[string]int{"/viewer": 200, "/operator/test": 200, "/operator/uat": 200, "/operator/prod": 403, "/operator": 403}},
		{[]string{"qa", "platform"}, map[string]int{"/operator/test": 200, "/operator/prod": 200, "/operator": 200}},
		{"staff", map[string]int{"/viewer": 200, "/operator/test": 403, "/operator": 403}},
	} {
		r := newRig(t, change)
		r.Claims = map[string]any{"groups": tt.groups}
		if status, text := r.login(t); status != 200 {
			t.Fatalf("%v: %d %s", tt.groups, status, text)
		}
		for path, want := range tt.want {
			if status, text := r.get(t, path); status != want {
				t.Errorf("%v at %s: %d %s", tt.groups, path, status, text)
			}
		}
		r.configure(t, func(c *access.OIDC) { change(c); c.OperatorsOf["test"] = []string{"qa"} })
		if status, _ := r.get(t, "/viewer"); status != 401 {
			t.Errorf("%v after others were set: %d", tt.groups, status)
		}
	}
}

func TestGroupsFromUserInfo(t *testing.T) {
	for _, tt := range []struct {
		name   string
		info   map[string]any
		status int
		want   string
	}{
		{"of the user", map[string]any{"sub": "4711", "groups": []string{"platform"}, "preferred_username": "root"}, 200, "ada|operator|"},
		{"of another user", map[string]any{"sub": "1", "groups": []string{"platform"}}, 403, "does not vouch"},
	} {
		r := newRig(t, nil)
		r.Claims, r.UserInfo = map[string]any{"groups": nil}, tt.info
		if status, text := r.login(t); status != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s: answered %d %s", tt.name, status, text)
		}
	}
}

// TestALoginThatIsNotVouchedFor makes one thing wrong with each login.
func TestALoginThatIsNotVouchedFor(t *testing.T) {
	tests := []struct {
		name   string
		change func(*rig)
		status int
	}{
		{"nothing wrong", func(*rig) {}, 200},
		{"a clock that is a little behind", func(r *rig) { r.Claims["exp"] = time.Now().Add(-30 * time.Second).Unix() }, 200},
		{"expired", func(r *rig) { r.Claims["exp"] = time.Now().Add(-90 * time.Second).Unix() }, 403},
		{"not valid yet", func(r *rig) { r.Claims["nbf"] = time.Now().Add(time.Hour).Unix() }, 403},
		{"for another client", func(r *rig) { r.Claims["aud"] = "other" }, 403},
		{"of another issuer", func(r *rig) { r.Claims["iss"] = "https://evil.example" }, 403},
		{"for another login", func(r *rig) { r.Claims["nonce"] = "guessed" }, 403},
		{"for no login at all", func(r *rig) { r.Claims["nonce"] = nil }, 403},
		{"a key that was rotated", func(r *rig) { r.Rotate() }, 200},
		{"a key that was revoked", func(r *rig) { r.Revoked = true }, 403},
		{"unsigned", func(r *rig) {
			r.Sign = func(claims map[string]any) string {
				parts := strings.Split(r.Signed(claims), ".")
				return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
			}
		}, 403},
		{"signed with the secret of the client", func(r *rig) {
			r.Sign = func(claims map[string]any) string {
				return r.SignedBy(jose.SigningKey{Algorithm: jose.HS256, Key: []byte("client-secret-that-is-long-enough")}, claims)
			}
		}, 403},
		{"changed after it was signed", func(r *rig) {
			r.Sign = func(claims map[string]any) string {
				parts := strings.Split(r.Signed(claims), ".")
				claims["groups"] = []string{"platform", "more"}
				other := strings.Split(r.Signed(claims), ".")
				return parts[0] + "." + other[1] + "." + parts[2]
			}
		}, 403},
		{"no ID token", func(r *rig) { r.Sign = func(map[string]any) string { return "" } }, 403},
		{"no token at all", func(r *rig) { r.ErrorAs = "invalid_client" }, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			if status, _ := r.login(t); status != 200 { // what it knows of the provider is in use
				t.Fatalf("a right login: %d", status)
			}
			_, _ = r.browser.Post(r.site.URL+"/logout", "", nil)
			tt.change(r)
			status, text := r.login(t)
			if status != tt.status {
				t.Errorf("answered %d %s", status, text)
			}
			if after, _ := r.get(t, "/viewer"); (after == 200) != (tt.status == 200) {
				t.Errorf("then the site answers %d", after)
			}
			for _, entry := range r.logs.All() {
				for _, value := range entry.ContextMap() {
					if said, _ := value.(string); strings.Contains(said, "client-secret") {
						t.Errorf("the log says %s %s", entry.Message, said)
					}
				}
			}
		})
	}
}

// TestACallbackNeedsItsBrowser comes back with something that does not belong together.
func TestACallbackNeedsItsBrowser(t *testing.T) {
	r := newRig(t, nil)
	stop := *r.browser
	stop.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	start := func() string { // returns where the provider sends the browser
		answer, err := stop.Get(r.site.URL + "/oauth2/start")
		must(t, err)
		answer.Body.Close()
		answer, err = stop.Get(answer.Header.Get("Location"))
		must(t, err)
		answer.Body.Close()
		return answer.Header.Get("Location")
	}
	status := func(browser *http.Client, url string) int {
		answer, err := browser.Get(url)
		must(t, err)
		answer.Body.Close()
		return answer.StatusCode
	}
	back := start()
	if got := status(&http.Client{}, back); got != 400 {
		t.Errorf("another browser is answered %d", got)
	}
	if got := status(&stop, strings.Replace(back, "state=", "state=x", 1)); got != 400 {
		t.Errorf("another state is answered %d", got)
	}
	if got := status(&stop, back); got != 400 {
		t.Errorf("after a wrong state the login goes on: %d", got)
	}
	if got := status(&stop, strings.Replace(start(), "code=", "code=x", 1)); got != 403 {
		t.Errorf("a code that is none is answered %d", got)
	}
	first := start()
	second := start()
	if got := status(&stop, first); got != 400 {
		t.Errorf("a login that another one has taken the place of: %d", got)
	}
	_ = second
	if got := status(&stop, start()+"&error=access_denied"); got != 403 {
		t.Errorf("a login that was refused is answered %d", got)
	}
	if got := status(&stop, strings.Replace(start(), "iss=", "iss=x", 1)); got != 403 {
		t.Errorf("another issuer is answered %d", got)
	}
	back = start()
	if got := status(&stop, back); got != 303 {
		t.Errorf("a right one is answered %d", got)
	}
	if got := status(&stop, back); got != 400 {
		t.Errorf("the same once more is answered %d", got)
	}
}

// TestAProviderWithoutAnEnd is cut, long before it is given up for its time.
func TestAProviderWithoutAnEnd(t *testing.T) {
	sent := 0
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for err := error(nil); err == nil && req.Context().Err() == nil; {
			n := 0
			n, err = w.Write([]byte(`{"issuer": "` + strings.Repeat("x", 1<<16)))
			sent += n
		}
	}))
	r := newRig(t, func(c *access.OIDC) { c.Issuer = endless.URL })
	if status, text := r.login(t); status != 502 {
		t.Errorf("answered %d %s", status, text)
	}
	endless.Close()
	if sent > 32<<20 {
		t.Errorf("%d bytes were sent", sent)
	}
}

func TestAProviderThatIsDown(t *testing.T) {
	r := newRig(t, nil)
	r.Provider.Close()
	if status, text := r.login(t); status != 502 || !strings.Contains(text, "can&#39;t be asked now") {
		t.Errorf("answered %d %s", status, text)
	}
	if status, _ := r.get(t, "/nobody"); status != 200 {
		t.Errorf("what is open to all answers %d", status)
	}
}
