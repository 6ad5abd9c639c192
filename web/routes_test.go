package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
)

// whoNeeds is what each route needs. A route that is not listed here fails the test.
func whoNeeds() map[string]access.Role {
	return map[string]access.Role{
		"GET /healthz":                         access.Nobody,
		"GET /readyz":                          access.Nobody,
		"GET /login":                           access.Nobody,
		"POST /login":                          access.Nobody,
		"POST /logout":                         access.Nobody,
		"GET /oauth2/start":                    access.Nobody,
		"GET /oauth2/callback":                 access.Nobody,
		"GET /api/v1/openapi.json":             access.Viewer,
		"GET /api/v1/events":                   access.Viewer,
		"GET /api/v1/status":                   access.Viewer,
		"GET /api/v1/history":                  access.Viewer,
		"GET /api/v1/whoami":                   access.Viewer,
		"GET /api/v1/overview":                 access.Viewer,
		"GET /api/v1/groups":                   access.Viewer,
		"GET /api/v1/groups/{group}":           access.Viewer,
		"GET /api/v1/groups/{group}/live":      access.Viewer,
		"GET /api/v1/skew":                     access.Viewer,
		"GET /api/v1/resources":                access.Viewer,
		"GET /api/v1/groups/{group}/instances": access.Viewer,
		"GET /api/v1/environments/{environment}/commits/{commit}":         access.Viewer,
		"GET /api/v1/environments/{environment}/commits/{commit}/changes": access.Viewer,
		"GET /api/v1/environments/{environment}/commits/{commit}/plan":    access.Viewer,
		"POST /api/v1/sync":                       access.Operator,
		"POST /api/v1/environments/{name}/retry":  access.Operator,
		"POST /api/v1/environments/{name}/pause":  access.Operator,
		"POST /api/v1/environments/{name}/resume": access.Operator,
		"GET /metrics":                            access.Scraper,
		"GET /page/{x}":                           access.Viewer,
	}
}

// TestNothingAnswersWithoutItsAccess asks every route of the table as everybody, and holds the table to what is wanted.
func TestNothingAnswersWithoutItsAccess(t *testing.T) {
	reached := ""
	foreign := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { reached = req.Pattern })
	r := newRig(t, func(r *rig) {
		r.Routes = []web.Route{
			{Pattern: "GET /metrics", Needs: access.Scraper, Handler: foreign}, {Pattern: "GET /page/{x}", Needs: access.Viewer, Handler: foreign},
		}
	})
	want := whoNeeds()
	for _, route := range r.handler.Routes() {
		needs, known := want[route.Pattern]
		if !known || needs != route.Needs {
			t.Errorf("%s needs %s, want %s (listed: %v)", route.Pattern, route.Needs, needs, known)
		}
		delete(want, route.Pattern)
		if route.Pattern == "GET /api/v1/events" {
			continue // its answer has no end; see TestEvents
		}
		for _, who := range []struct {
			token string
			role  access.Role
		}{{"", access.Nobody}, {"guess", access.Nobody}, {"metrics-token", access.Scraper}, {"ann-token", access.Viewer}, {"bob-token", access.Operator}} {
			method, path, _ := strings.Cut(route.Pattern, " ")
			reached = ""
			got := r.request(method, strings.NewReplacer("{", "", "}", "").Replace(path), who.token, "")
			refused := got.Code == http.StatusUnauthorized && got.Header().Get("WWW-Authenticate") != "" ||
				got.Code == http.StatusForbidden && strings.Contains(got.Body.String(), "needs the role")
			if refused != (who.role < route.Needs) {
				t.Errorf("%s with %q is answered %d %s", route.Pattern, who.token, got.Code, got.Body)
			}
			if who.role < route.Needs && (reached != "" || r.pauses.paused != nil || len(r.pauses.acts) > 0 || strings.Contains(got.Body.String(), "abc")) {
				t.Errorf("%s with %q was let through: %s", route.Pattern, who.token, got.Body)
			}
		}
		r.pauses.paused, r.pauses.acts = nil, nil
	}
	if len(want) > 0 {
		t.Errorf("these routes are gone: %v", want)
	}
}

// TestAnOperatorOfOneEnvironmentActsThereAlone asks every route as somebody who may act in test: what changes something elsewhere, or
// everywhere, is refused, and is not done.
func TestAnOperatorOfOneEnvironmentActsThereAlone(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.status.Environments = append(r.status.Environments, reconciler.EnvironmentStatus{Name: "test"})
	})
	acts := 0
	for _, route := range r.handler.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if route.Needs != access.Operator {
			if method != http.MethodGet && route.Needs != access.Nobody {
				t.Errorf("%s changes something, and needs %s", route.Pattern, route.Needs)
			}
			continue
		}
		for _, environment := range []string{"test", "prod"} {
			acts++
			r.pauses.paused, r.pauses.resumed, r.pauses.acts, r.told = nil, "", nil, nil
			got := r.request(method, strings.Replace(path, "{name}", environment, 1), "eve-token", `{"reason": "x", "for": "1h"}`)
			may := environment == "test" && strings.Contains(path, "{name}")
			did := r.pauses.paused != nil || len(r.pauses.acts) > 0 || r.told != nil
			switch refused := got.Code == http.StatusForbidden && strings.Contains(got.Body.String(), "eve has the role viewer, and operator of test"); {
			case refused == may:
				t.Errorf("%s in %s is answered %d %s", route.Pattern, environment, got.Code, got.Body)
			case did != may && !strings.HasSuffix(path, "/resume"): // of what is not paused
				t.Errorf("%s in %s: something was done: %v", route.Pattern, environment, did)
			}
		}
	}
	if acts != 8 {
		t.Errorf("%d acts were asked for", acts)
	}
}

// TestNothingIsAnsweredOutsideTheTable asks for what no route is for.
func TestNothingIsAnsweredOutsideTheTable(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{"/", "/nothing", "/api/v1/", "/api/v2/status", "/debug/pprof/", "/healthz/x", "/.git/config", "/%2e%2e/etc/passwd", "/api/v1/status/"} {
		if got := r.request(http.MethodGet, path, "bob-token", ""); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for _, path := range []string{"/healthz", "/readyz", "/api/v1/status", "/api/v1/history", "/api/v1/overview"} {
			got := r.request(method, path, "bob-token", "")
			if got.Code != http.StatusMethodNotAllowed || !strings.Contains(got.Header().Get("Allow"), "GET") {
				t.Errorf("%s %s: %d, allowed is %s", method, path, got.Code, got.Header().Get("Allow"))
			}
		}
	}
}

// TestEveryAnswerHasTheHeaders looks at answers of each kind.
func TestEveryAnswerHasTheHeaders(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.Routes = []web.Route{{Pattern: "GET /panics", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("s3cr3t") })}}
	})
	for path, status := range map[string]int{"/healthz": 200, "/api/v1/status": 200, "/nothing": 404, "/api/v1/history?limit=x": 400, "/panics": 500, "/login": 200} {
		got := r.get(path)
		if got.Code != status || got.Header().Get("Content-Security-Policy") == "" || got.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
		if strings.Contains(got.Body.String(), "s3cr3t") {
			t.Errorf("%s shows the cause of a panic", path)
		}
	}
}

func TestPatternsAreOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second route of one pattern is taken")
		}
	}()
	newRig(t, func(r *rig) { r.Routes = []web.Route{{Pattern: "GET /healthz", Handler: http.NotFoundHandler()}} })
}

func TestHealthAndReadiness(t *testing.T) {
	tests := []struct {
		name   string
		change func(*rig)
		path   string
		status int
		body   string
	}{
		{"alive before the first pass", func(r *rig) { r.ready = false }, "/healthz", 200, "ok\n"},
		{"not ready before the first pass", func(r *rig) { r.ready = false }, "/readyz", 503, "the config repo was not read yet\n"},
		{"ready after it", nil, "/readyz", 200, "ready\n"},
		{"not ready while the repository is out of reach", func(r *rig) { r.status.Error = "no route" }, "/readyz", 503, "no route\n"},
		{"one line says why", func(r *rig) { r.status.Error = "write journal: disk full\n\thint: make room" }, "/readyz", 503, "write journal: disk full\n"},
		{"alive in trouble", func(r *rig) { r.status.Error = "disk full" }, "/healthz", 200, "ok\n"},
		{"ready while the forge is down", func(r *rig) {
			r.Troubles = func() []forge.Trouble { return []forge.Trouble{{What: "commit statuses", Why: "forge unavailable"}} }
		}, "/readyz", 200, "ready\ncommit statuses: forge unavailable\n"},
		{"a leader", func(r *rig) { r.Role = func() (string, error) { return web.Leader, nil } }, "/readyz", 200, "ready: leader\n"},
		{"a leader in trouble", func(r *rig) {
			r.Role, r.status.Error = func() (string, error) { return web.Leader, nil }, "no route"
		}, "/readyz", 503, "no route\n"},
		{"a standby", func(r *rig) {
			r.Role, r.ready = func() (string, error) { return "standby, a:1 leads", nil }, false
		}, "/readyz", 200, "ready: standby, a:1 leads\n"},
		{"a standby in trouble", func(r *rig) {
			r.Role = func() (string, error) { return "standby", http.ErrServerClosed }
		}, "/readyz", 503, "standby: " + http.ErrServerClosed.Error() + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.change)
			got := r.get(tt.path)
			if got.Code != tt.status || got.Body.String() != tt.body {
				t.Errorf("got %d %s", got.Code, got.Body)
			}
			stranger := r.request(http.MethodGet, tt.path, "", "")
			if stranger.Code != tt.status || tt.status == 503 && stranger.Body.String() != "not ready\n" {
				t.Errorf("a stranger is answered %d %s", stranger.Code, stranger.Body)
			}
		})
	}
}

func TestCompression(t *testing.T) {
	r := newRig(t, nil)
	plain := r.get("/api/v1/overview")
	for coding, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "": "", "gzip;q=0": "", "gzip; q=0": "", "identity": ""} {
		got := r.request(http.MethodGet, "/api/v1/overview", "ann-token", "", "Accept-Encoding", coding)
		if got.Header().Get("Content-Encoding") != want || want != "" && got.Body.Len() >= plain.Body.Len() {
			t.Errorf("%q: %q, %d bytes", coding, got.Header().Get("Content-Encoding"), got.Body.Len())
		}
	}
	tag := plain.Header().Get("Etag")
	again := r.request(http.MethodGet, "/api/v1/overview", "ann-token", "", "If-None-Match", `"x", `+tag, "Accept-Encoding", "gzip")
	if tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("Content-Encoding") != "" {
		t.Errorf("tag %s: %d, %d bytes, %v", tag, again.Code, again.Body.Len(), again.Header())
	}
	if other := r.get("/api/v1/status").Header().Get("Etag"); other == tag {
		t.Error("two documents have one tag")
	}
	server := httptest.NewServer(r.handler)
	defer server.Close()
	req, err := http.NewRequest(http.MethodGet, server.URL+"/api/v1/overview", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ann-token")
	answer, err := server.Client().Do(req) // which asks for gzip, and unpacks it
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if diff := cmp.Diff(plain.Body.String(), text(t, answer.Body)); diff != "" || !answer.Uncompressed {
		t.Errorf("unpacked (-want +got):\n%s", diff)
	}
}

// TestTheLogHoldsNoSecretOfARequest looks at what is logged of requests that hold secrets, and of handlers that panic with one.
func TestTheLogHoldsNoSecretOfARequest(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	r := newRig(t, func(r *rig) {
		r.Log = zap.New(core)
		r.Routes = []web.Route{{Pattern: "POST /panics/{x}", Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			panic("because of s3cr3t " + req.PathValue("x"))
		})}}
	})
	r.request(http.MethodPost, "/panics/x?code=s3cr3t", "s3cr3t", "s3cr3t", "Cookie", "sluice=s3cr3t")
	r.request(http.MethodGet, "/oauth2/callback?code=s3cr3t&state=s3cr3t", "s3cr3t", "")
	r.request(http.MethodPost, "/login", "", "token=s3cr3t", "Content-Type", "application/x-www-form-urlencoded")
	r.request(http.MethodPost, "/api/v1/sync", "s3cr3t", `{"by": "s3cr3t"}`)
	if logs.Len() < 5 || logs.FilterMessageSnippet("mistake of the program").Len() != 1 {
		t.Errorf("logged: %v", logs.All())
	}
	for _, entry := range logs.All() {
		if said := fmt.Sprint(entry.Message, entry.ContextMap()); strings.Contains(said, "s3cr3t") {
			t.Errorf("the log says %s", said)
		}
	}
}
