package embedded_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestAdminTranscript replays what a real gateway of each version answered.
func TestAdminTranscript(t *testing.T) {
	for _, version := range []struct {
		name, file string
		known      []difference
	}{
		{"3.18.0", "admin-3.18.jsonl", slices.Concat(knownInNewest, knownInBoth)},
		{"3.13.0", "admin-3.13.jsonl", knownInBoth},
	} {
		t.Run(version.name, func(t *testing.T) {
			certificates := pems(t)
			names, cases := transcript(t, version.file)
			l := &ledger{known: version.known}
			for _, name := range names {
				t.Run(name, func(t *testing.T) {
					// In a bubble what waits for leases takes no time.
					synctest.Test(t, func(t *testing.T) {
						l.judge(t, name, replayAdmin(t, version.name, cases[name], certificates))
					})
				})
			}
			l.report(t)
		})
	}
}

// replayAdmin plays one case against an empty gateway and returns the first difference.
func replayAdmin(t *testing.T, version string, steps []step, certificates map[string]string) string {
	t.Helper()
	g, err := embedded.New(embedded.Config{
		AdminKey: "admin", ViewerKey: "viewer", Version: version, NoStream: steps[0].Setup["stream"] == false,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	names := map[string]string{"$ADMIN_KEY": "admin", "$VIEWER_KEY": "viewer"}
	for name, text := range certificates {
		names[name] = text
	}
	for _, s := range steps {
		if s.Request.Method == "" {
			time.Sleep(time.Duration(s.Wait * float64(time.Second)))
			continue
		}
		if d := playAdmin(g.AdminHandler(), s, names); d != "" {
			return fmt.Sprintf("step %d, %s %s: %s", s.Step, s.Request.Method, s.Request.Path, d)
		}
	}
	return ""
}

func playAdmin(handler http.Handler, s step, names map[string]string) string {
	body := s.bodyOf(s.Request.Body, names)
	target := fill(s.Request.Path, names)
	request := httptest.NewRequest(s.Request.Method, "/", strings.NewReader(body))
	unescaped, err := url.PathUnescape(target)
	if err != nil {
		unescaped = target
	}
	request.URL = &url.URL{Path: unescaped, RawQuery: fill(s.Request.Query, names)}
	for name, value := range s.Request.Headers {
		request.Header.Set(name, fill(value, names))
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	want := s.Response
	if recorder.Code != want.Status {
		return fmt.Sprintf("want status %d, have %d: %s", want.Status, recorder.Code, strings.TrimSpace(recorder.Body.String()))
	}
	if d := headerDiffers(want.Headers, recorder.Header(), "Content-Type", "Server", "X-API-VERSION"); d != "" {
		return d
	}
	if cors := recorder.Header().Get("Access-Control-Allow-Origin") == "*"; cors != (want.CORS == nil || *want.CORS) {
		return fmt.Sprintf("cross-origin headers: %v", cors)
	}
	have := parsed(recorder.Body.String())
	if len(s.Unstable) > 0 && want.Alternative != nil && differs(want.Alternative, have, names, "body") == "" {
		return ""
	}
	if want.Body == nil || s.Request.Method == http.MethodHead {
		return ""
	}
	if strings.HasPrefix(s.Case, "schema/") || strings.HasPrefix(s.Case, "plugins/get") {
		// Schemas come without what is written for people.
		return differs(withoutProse(want.Body, false), withoutMeta(have), names, "body")
	}
	return differs(want.Body, have, names, "body")
}

// withoutMeta leaves out the field that every plugin has, as withoutProse does.
func withoutMeta(schema any) any {
	if m, ok := schema.(map[string]any); ok {
		if fields, ok := m["properties"].(map[string]any); ok {
			delete(fields, "_meta")
		}
	}
	return schema
}
