package access_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/web/access"
)

func door(t *testing.T, config access.Config) *access.Door {
	t.Helper()
	d, err := access.NewDoor(config, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func apiToken(text string) func() (gateway.Secret, error) {
	return func() (gateway.Secret, error) { return gateway.NewSecret("", text), nil }
}

func token(name string, role access.Role) access.Token {
	return access.Token{Name: name, Role: role, Hash: access.HashToken(name + "-token")}
}

func three() []access.Token {
	return []access.Token{token("metrics", access.Scraper), token("ann", access.Viewer), token("bob", access.Operator)}
}

// site is the login of a Door, and for each role a page that tells who asks and what a form must send.
func site(d *access.Door) http.Handler {
	mux := http.NewServeMux()
	tell := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who := access.Of(req.Context())
		fmt.Fprintf(w, "%s|%s|%s|%s", who.Name, who.Role, who.Via, access.CSRF(req.Context()))
	})
	for _, role := range []access.Role{access.Nobody, access.Scraper, access.Viewer, access.Operator} {
		mux.Handle("/"+role.String(), d.Guard(role, "", tell))
	}
	mux.Handle("/operator/{in}", d.Guard(access.Operator, "in", tell))
	mux.Handle("GET /login", d.Guard(access.Nobody, "", http.HandlerFunc(d.ShowLogin)))
	mux.Handle("POST /login", d.Guard(access.Nobody, "", http.HandlerFunc(d.Login)))
	mux.Handle("POST /logout", d.Guard(access.Nobody, "", http.HandlerFunc(d.Logout)))
	mux.Handle("GET /oauth2/start", d.Guard(access.Nobody, "", http.HandlerFunc(d.Start)))
	mux.Handle("GET "+access.CallbackPath, d.Guard(access.Nobody, "", http.HandlerFunc(d.Callback)))
	return mux
}

// TestAnOperatorOfOneEnvironment acts there and nowhere else, by a token and by a session, for as long as the file says so.
func TestAnOperatorOfOneEnvironment(t *testing.T) {
	eve := token("eve", access.Viewer)
	eve.Operates = []string{"test", "uat"}
	scraper := token("metrics", access.Scraper)
	scraper.Operates = []string{"test"} // means nothing
	config := access.Config{Tokens: []access.Token{scraper, token("ann", access.Viewer), token("bob", access.Operator), eve}}
	d := door(t, config)
	session := cookie(login(t, d, "eve-token"))
	for path, want := range map[string]map[string]int{
		"/viewer":        {"eve": 200, "session": 200, "ann": 200, "bob": 200, "metrics": 403},
		"/operator":      {"eve": 403, "session": 403, "ann": 403, "bob": 200, "metrics": 403},
		"/operator/test": {"eve": 200, "session": 200, "ann": 403, "bob": 200, "metrics": 403},
		"/operator/uat":  {"eve": 200, "session": 200, "ann": 403, "bob": 200, "metrics": 403},
		"/operator/prod": {"eve": 403, "session": 403, "ann": 403, "bob": 200, "metrics": 403},
		"/operator/TEST": {"eve": 403, "session": 403, "ann": 403, "bob": 200, "metrics": 403},
		"/operator/%20":  {"eve": 403, "session": 403, "ann": 403, "bob": 200, "metrics": 403},
	} {
		for who, status := range want {
			header := bearer(who + "-token")
			if who == "session" {
				header = session
			}
			if got := ask(d, http.MethodGet, path, header, nil).StatusCode; got != status {
				t.Errorf("%s with %s is answered %d, want %d", path, who, got, status)
			}
		}
	}
	const want = "this needs the role operator of prod, and eve has the role viewer, and operator of test, uat"
	if said := body(t, ask(d, http.MethodGet, "/operator/prod", bearer("eve-token"), nil)); !strings.Contains(said, want) {
		t.Errorf("refused with %s, want %q", said, want)
	}
	config.Tokens = slices.Clone(config.Tokens)
	config.Tokens[3].Operates = []string{"test"}
	must(t, d.Set(config))
	if got := ask(d, http.MethodGet, "/operator/uat", session, nil).StatusCode; got != 401 {
		t.Errorf("a session of before is answered %d", got)
	}
}

// ask sends a request with headers, and returns the answer.
func ask(d *access.Door, method, path string, header map[string]string, form url.Values) *http.Response {
	req := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	req.Host = "localhost:8080"
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	recorder := httptest.NewRecorder()
	site(d).ServeHTTP(recorder, req)
	return recorder.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// TestEachRoleOpensWhatItMay shows each credential at a door for each role.
func TestEachRoleOpensWhatItMay(t *testing.T) {
	roles := []string{"nobody", "scraper", "viewer", "operator"}
	closed := access.Config{Tokens: three(), APIToken: apiToken("the-api-token")}
	open := closed
	open.Open = true
	tests := []struct {
		name   string
		config access.Config
		header map[string]string
		want   [4]int
	}{
		{"nothing shown", closed, nil, [4]int{200, 401, 401, 401}},
		{"nothing shown where it is open", open, nil, [4]int{200, 200, 200, 401}},
		{"nobody can log in", access.Config{}, nil, [4]int{200, 403, 403, 403}},
		{"open, and nobody can log in", access.Config{Open: true}, nil, [4]int{200, 200, 200, 403}},
		{"scraper", closed, bearer("metrics-token"), [4]int{200, 200, 403, 403}},
		{"viewer", closed, bearer("ann-token"), [4]int{200, 200, 200, 403}},
		{"operator", closed, bearer("bob-token"), [4]int{200, 200, 200, 200}},
		{"the API token", closed, bearer("the-api-token"), [4]int{200, 200, 200, 200}},
		{"an unknown token", closed, bearer("guess"), [4]int{200, 401, 401, 401}},
		{"an unknown token where it is open", open, bearer("guess"), [4]int{200, 401, 401, 401}},
		{"an empty token", closed, bearer(""), [4]int{200, 401, 401, 401}},
		{"the hash of a token", closed, bearer(fmt.Sprintf("%x", access.HashToken("bob-token"))), [4]int{200, 401, 401, 401}},
		{"another scheme", closed, map[string]string{"Authorization": "Basic bob-token"}, [4]int{200, 401, 401, 401}},
		{"another scheme where it is open", open, map[string]string{"Authorization": "Basic bob-token"}, [4]int{200, 200, 200, 401}},
		{"a cookie that is none", closed, map[string]string{"Cookie": "sluice=AAAA"}, [4]int{200, 401, 401, 401}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := door(t, tt.config)
			var got [4]int
			for i, role := range roles {
				got[i] = ask(d, http.MethodGet, "/"+role, tt.header, nil).StatusCode
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answers for %v (-want +got):\n%s", roles, diff)
			}
		})
	}
}

func TestATokenThatCannotBeReadLetsNobodyIn(t *testing.T) {
	d := door(t, access.Config{Tokens: three(), APIToken: func() (gateway.Secret, error) { return gateway.Secret{}, errors.New("no such file") }})
	if got := ask(d, http.MethodGet, "/operator", bearer("x"), nil).StatusCode; got != 503 {
		t.Errorf("answered %d", got)
	}
	if got := ask(d, http.MethodGet, "/operator", bearer("bob-token"), nil).StatusCode; got != 200 {
		t.Errorf("another token is answered %d", got)
	}
}

// login logs in by a token and returns the cookie.
func login(t *testing.T, d *access.Door, token string) *http.Cookie {
	t.Helper()
	answer := ask(d, http.MethodPost, "/login", nil, url.Values{"token": {token}, "next": {"/viewer?a=b"}})
	if len(answer.Cookies()) != 1 || answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/viewer?a=b" {
		t.Fatalf("login answers %d to %s with %v", answer.StatusCode, answer.Header.Get("Location"), answer.Cookies())
	}
	return answer.Cookies()[0]
}

func cookie(c *http.Cookie) map[string]string {
	return map[string]string{"Cookie": c.Name + "=" + c.Value}
}

// csrf returns what a form of the session must send.
func csrf(t *testing.T, d *access.Door, c *http.Cookie) string {
	t.Helper()
	parts := strings.Split(body(t, ask(d, http.MethodGet, "/viewer", cookie(c), nil)), "|")
	return parts[len(parts)-1]
}

func TestASessionLastsAsLongAsItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := access.Config{Tokens: three(), APIToken: apiToken("the-api-token"), SessionLife: time.Hour}
		d := door(t, config)
		status := func(c *http.Cookie) int { return ask(d, http.MethodGet, "/viewer", cookie(c), nil).StatusCode }
		ann, bob, api := login(t, d, "ann-token"), login(t, d, "bob-token"), login(t, d, "the-api-token")
		must(t, d.Set(config))
		for _, c := range []*http.Cookie{ann, bob, api} {
			if got := status(c); got != 200 {
				t.Errorf("a session after the same was set: %d", got)
			}
		}
		changed := config
		changed.Tokens = []access.Token{token("metrics", access.Scraper), token("bob", access.Viewer)}
		changed.APIToken = apiToken("another")
		must(t, d.Set(changed))
		for name, c := range map[string]*http.Cookie{"a token that is gone": ann, "a token of another role": bob, "an API token that was exchanged": api} {
			if got := status(c); got != 401 {
				t.Errorf("the session of %s: %d", name, got)
			}
		}
		must(t, d.Set(config))
		time.Sleep(time.Hour - time.Second)
		if got := status(ann); got != 200 {
			t.Errorf("a session before its end: %d", got)
		}
		time.Sleep(time.Second)
		if got := status(ann); got != 401 {
			t.Errorf("a session after its end: %d", got)
		}
	})
}

func TestASessionIsSealed(t *testing.T) {
	config := access.Config{Tokens: three(), SessionKey: []byte("a key that two replicas share with each other")}
	d := door(t, config)
	c := login(t, d, "ann-token")
	if other := door(t, config); ask(other, http.MethodGet, "/viewer", cookie(c), nil).StatusCode != 200 {
		t.Error("a replica with the same key does not know the session")
	}
	if other := door(t, access.Config{Tokens: three()}); ask(other, http.MethodGet, "/viewer", cookie(c), nil).StatusCode != 401 {
		t.Error("a door with a key of its own takes the session")
	}
	for i := range c.Value {
		changed := *c
		flipped := byte('A')
		if c.Value[i] == 'A' {
			flipped = 'B'
		}
		changed.Value = c.Value[:i] + string(flipped) + c.Value[i+1:]
		if i == len(c.Value)-1 {
			break // its last bits may be padding
		}
		if got := ask(d, http.MethodGet, "/viewer", cookie(&changed), nil).StatusCode; got != 401 {
			t.Fatalf("changed at %d it is answered %d", i, got)
		}
	}
	if strings.Contains(c.Value, "ann") {
		t.Error("the cookie shows a name")
	}
}

func TestCookiesAreKeptToThisHost(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config access.Config
		want   string
		secure bool
	}{
		{"over http", access.Config{}, "sluice", false},
		{"over TLS", access.Config{Secure: true}, "__Host-sluice", true},
		{"behind a proxy that speaks TLS", access.Config{PublicURL: "https://sluice.acme.com"}, "__Host-sluice", true},
	} {
		tt.config.Tokens = three()
		c := login(t, door(t, tt.config), "bob-token")
		if c.Name != tt.want || c.Secure != tt.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 8*3600 {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	d := door(t, access.Config{Tokens: three()})
	c := login(t, d, "bob-token")
	answer := ask(d, http.MethodPost, "/logout", cookie(c), nil)
	if answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 || answer.Cookies()[0].MaxAge != -1 {
		t.Errorf("logout answers %d with %v", answer.StatusCode, answer.Cookies())
	}
	if got := ask(d, http.MethodGet, "/viewer", cookie(c), nil).StatusCode; got != 401 {
		t.Errorf("the cookie of a session that was ended is answered %d", got)
	}
}

// TestAForgedRequestChangesNothing sends what a page of somebody else could make a browser send.
func TestAForgedRequestChangesNothing(t *testing.T) {
	d := door(t, access.Config{Tokens: three(), PublicURL: "http://localhost:8080"})
	c, other := login(t, d, "bob-token"), login(t, d, "bob-token")
	own, foreign := csrf(t, d, c), csrf(t, d, other)
	if again := csrf(t, d, c); again == own {
		t.Error("a token in a page is the same twice")
	}
	with := func(more map[string]string) map[string]string {
		header := cookie(c)
		for name, value := range more {
			header[name] = value
		}
		return header
	}
	tests := []struct {
		name   string
		header map[string]string
		form   url.Values
		want   int
	}{
		{"a form of our own", with(map[string]string{"Sec-Fetch-Site": "same-origin"}), url.Values{"csrf": {own}}, 200},
		{"a script of our own", with(map[string]string{access.CSRFHeader: own, "Origin": "http://localhost:8080"}), nil, 200},
		{"without the token", with(nil), url.Values{}, 403},
		{"with the token of another session", with(nil), url.Values{"csrf": {foreign}}, 403},
		{"with an empty token", with(nil), url.Values{"csrf": {""}}, 403},
		{"with a mask of nothing", with(nil), url.Values{"csrf": {"AAAA"}}, 403},
		{"from another site", with(map[string]string{"Sec-Fetch-Site": "cross-site"}), url.Values{"csrf": {own}}, 403},
		{"from a neighbour", with(map[string]string{"Sec-Fetch-Site": "same-site"}), url.Values{"csrf": {own}}, 403},
		{"from another origin", with(map[string]string{"Origin": "https://evil.example"}), url.Values{"csrf": {own}}, 403},
		{"from a page without an origin", with(map[string]string{"Origin": "null"}), url.Values{"csrf": {own}}, 403},
		{"by a token, which no browser sends by itself", bearer("bob-token"), nil, 200},
	}
	for _, tt := range tests {
		if got := ask(d, http.MethodPost, "/operator", tt.header, tt.form).StatusCode; got != tt.want {
			t.Errorf("%s: answered %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := ask(d, http.MethodPost, "/login", map[string]string{"Sec-Fetch-Site": "cross-site"}, url.Values{"token": {"bob-token"}}).StatusCode; got != 403 {
		t.Errorf("another site logs a browser in: %d", got)
	}
	if got := ask(d, http.MethodPost, "/logout", with(map[string]string{"Sec-Fetch-Site": "cross-site"}), nil).StatusCode; got != 403 {
		t.Errorf("another site logs a browser out: %d", got)
	}
}

// TestAForeignNameLeadsNowhere asks an open door by names that somebody could have made to lead here.
func TestAForeignNameLeadsNowhere(t *testing.T) {
	config := access.Config{Open: true, PublicURL: "https://sluice.acme.com", Hosts: []string{"sluice.svc"}, Tokens: three()}
	d := door(t, config)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST.": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "[::1]": 200, "10.1.2.3": 200,
		"sluice.acme.com": 200, "Sluice.Acme.com:443": 200, "sluice.svc:8080": 200, "app.localhost": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "": 421,
	} {
		if got := ask(d, http.MethodGet, "/viewer", map[string]string{"Host": host}, nil).StatusCode; got != want {
			t.Errorf("%q: answered %d, want %d", host, got, want)
		}
		if got := ask(d, http.MethodGet, "/nobody", map[string]string{"Host": host}, nil).StatusCode; got != 200 {
			t.Errorf("%q: what is open to all answers %d", host, got)
		}
		header := bearer("ann-token")
		header["Host"] = host
		if got := ask(d, http.MethodGet, "/viewer", header, nil).StatusCode; got != 200 {
			t.Errorf("%q with a token: answered %d", host, got)
		}
	}
}

func TestPeopleAreSentToTheLogin(t *testing.T) {
	d := door(t, access.Config{Tokens: three()})
	html := map[string]string{"Accept": "text/html,*/*"}
	answer := ask(d, http.MethodGet, "/viewer?environment=prod&x=%2F", html, nil)
	if want := "/login?next=" + url.QueryEscape("/viewer?environment=prod&x=%2F"); answer.StatusCode != 303 || answer.Header.Get("Location") != want {
		t.Errorf("answered %d to %s, want %s", answer.StatusCode, answer.Header.Get("Location"), want)
	}
	answer = ask(d, http.MethodPost, "/operator", html, url.Values{"next": {"//evil.example"}})
	if answer.StatusCode != 303 || answer.Header.Get("Location") != "/login?next=%2F" {
		t.Errorf("a form is answered %d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	page := body(t, ask(d, http.MethodGet, "/login?next=%2Fviewer%22%3E%3Cscript%3E", html, nil))
	if !strings.Contains(page, `name="token"`) || strings.Contains(page, "<script") {
		t.Errorf("the login shows:\n%s", page)
	}
	header := cookie(login(t, d, "ann-token"))
	header["Accept"] = "text/html"
	if answer = ask(d, http.MethodPost, "/operator", header, nil); answer.StatusCode != 403 || !strings.Contains(body(t, answer), "ann has the role viewer") {
		t.Errorf("a viewer who acts is answered %d", answer.StatusCode)
	}
	answer = ask(d, http.MethodGet, "/viewer", nil, nil)
	if answer.Header.Get("WWW-Authenticate") == "" || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a program is answered %v", answer.Header)
	}
}

func TestLoginsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := door(t, access.Config{Tokens: three()})
		codes := map[int]int{}
		for range 40 {
			codes[ask(d, http.MethodPost, "/login", nil, url.Values{"token": {"guess"}}).StatusCode]++
		}
		if diff := cmp.Diff(map[int]int{401: 20, 429: 20}, codes); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		time.Sleep(6 * time.Second)
		login(t, d, "bob-token")
		if got := ask(d, http.MethodPost, "/login", nil, url.Values{"token": {"metrics-token"}}).StatusCode; got != 429 {
			t.Errorf("the next one is answered %d", got)
		}
	})
}

func TestATokenForMetricsShowsNoPage(t *testing.T) {
	d := door(t, access.Config{Tokens: three()})
	if answer := ask(d, http.MethodPost, "/login", nil, url.Values{"token": {"metrics-token"}}); answer.StatusCode != 401 || len(answer.Cookies()) > 0 {
		t.Errorf("answered %d with %v", answer.StatusCode, answer.Cookies())
	}
}

func TestLocal(t *testing.T) {
	for next, want := range map[string]string{
		"/": "/", "/history?environment=prod#x": "/history?environment=prod#x", "": "/", "history": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "/\t/evil.example": "/", "///evil.example": "/",
	} {
		if got := access.Local(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestWhoIsNamedOnRecord(t *testing.T) {
	address := netip.MustParseAddr("192.0.2.1")
	for _, tt := range []struct {
		who     access.Who
		claimed string
		want    string
	}{
		{access.Who{Name: "the API token", Via: access.ViaAPIToken, Address: address}, "ada", "ada from 192.0.2.1"},
		{access.Who{Name: "the API token", Via: access.ViaAPIToken}, "", "the API token"},
		{access.Who{Name: "ci", Via: access.ViaToken, Address: address}, "ada", "ada by token ci from 192.0.2.1"},
		{access.Who{Name: "ci", Via: access.ViaToken}, "", "token ci"},
		{access.Who{Name: "ada@acme.com", Via: access.ViaLogin, Address: address}, "somebody else", "ada@acme.com from 192.0.2.1"},
	} {
		if got := tt.who.By(tt.claimed); got != tt.want {
			t.Errorf("%+v who says %q is named %q, want %q", tt.who, tt.claimed, got, tt.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	d := door(t, access.Config{PublicURL: "https://sluice.acme.com"})
	recorder := httptest.NewRecorder()
	d.Headers(http.NotFoundHandler()).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	header := recorder.Result().Header
	csp := header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %s: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "data:") {
		t.Errorf("the policy is lax: %s", csp)
	}
	if header.Get("Strict-Transport-Security") == "" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", header)
	}
	recorder = httptest.NewRecorder()
	door(t, access.Config{}).Headers(http.NotFoundHandler()).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := recorder.Result().Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("over http: %s", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
