package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sluice-gitops/sluice/web/page"
)

// quietRoutes is: quiet-routes URL ENVIRONMENT GROUP COMMIT TOKENFILE. It asks for everything that a daemon answers, by its own OpenAPI
// document and the patterns of the page, does every act, and wants no mark in any answer, its header included.
func quietRoutes(ts *testscript.TestScript, _ bool, args []string) {
	arguments(ts, args, 5, 5, "quiet-routes URL ENVIRONMENT GROUP COMMIT TOKENFILE")
	base, token := args[0], strings.TrimSpace(ts.ReadFile(args[4]))
	fill := strings.NewReplacer("{environment}", args[1], "{env}", args[1], "{name}", args[1], "{group}", args[2], "{commit}", args[3], "{$}", "", "{file}", "none.css")
	for _, route := range slices.Concat(routesOf(ts, base, token), page.Patterns(), []string{
		"GET /metrics", "GET /healthz", "GET /readyz", "GET /login", "GET /nothing", "GET /pulls/1", "GET /api/v1/history?limit=none", "PUT /api/v1/status",
		"GET /api/v1/environments/none/commits/none", "POST /api/v1/environments/none/pause", "POST /webhooks/gitea",
	}) {
		method, path, _ := strings.Cut(fill.Replace(route), " ")
		for _, shown := range []string{token, token + "x", ""} {
			status, text := answerTo(ts, method, base+asked(path, args[1]), shown)
			if found := marked(text); found != "" {
				ts.Fatalf("%s shows a secret: …%s…", route, found)
			}
			if shown == token && strings.Contains(route, "{") && !strings.Contains(route, "{file}") && status != http.StatusOK && status != http.StatusConflict {
				ts.Fatalf("%s is answered %d, so nothing is shown by it:\n%s", route, status, text)
			}
		}
	}
}

// routesOf lists what the daemon says that it answers.
func routesOf(ts *testscript.TestScript, base, token string) []string {
	_, text := answerTo(ts, http.MethodGet, base+"/api/v1/openapi.json", token)
	var document struct{ Paths map[string]map[string]any }
	_, body, _ := strings.Cut(text, "\n\n")
	ts.Check(json.Unmarshal([]byte(body), &document))
	var routes []string
	for path, methods := range document.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	if len(routes) < 15 {
		ts.Fatalf("only %d routes are documented", len(routes))
	}
	slices.Sort(routes)
	return routes
}

// asked adds what some routes need to be asked.
func asked(path, environment string) string {
	switch {
	case strings.HasSuffix(path, "/resources"):
		return path + "?environment=" + environment + "&resource=routes/shop"
	case strings.HasSuffix(path, "/skew"):
		return path + "?first=" + environment + "&second=" + environment
	}
	return path
}

// answerTo returns the header and the beginning of an answer; one without an end is read for a moment.
func answerTo(ts *testscript.TestScript, method, url, token string) (int, string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(`{"by": "ann", "reason": "to see", "for": "1h"}`))
	ts.Check(err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	var header strings.Builder
	ts.Check(answer.Header.Write(&header))
	if answer.Header.Get("Content-Type") == "text/event-stream" {
		first := make([]byte, 4<<10)
		n, err := answer.Body.Read(first)
		ts.Check(err)
		return answer.StatusCode, header.String() + string(first[:n])
	}
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	return answer.StatusCode, fmt.Sprintf("%s\n%s", strings.ReplaceAll(header.String(), "\r\n", "\n"), text)
}
