package apisix

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestReplay gives the gateway every recorded answer that it can meet, and looks at what it makes of it.
func TestReplay(t *testing.T) {
	for _, version := range []string{"3.13", "3.18"} {
		t.Run(version, func(t *testing.T) {
			replayed := 0
			for _, s := range transcript(t, version) {
				key, ok := keyOfPath(s.Request.Path)
				if !ok || s.Request.Query != "" {
					continue
				}
				replayed++
				synctest.Test(t, func(t *testing.T) { replay(t, s, key) })
			}
			if replayed < 900 {
				t.Errorf("only %d steps were replayed", replayed)
			}
			t.Logf("%d steps", replayed)
		})
	}
}

// recorded is a transport that gives one recorded answer, and an empty list where only that was not recorded.
func recorded(s step, key gateway.Key) *fake {
	a := answer{status: s.Response.Status, body: string(s.Response.Body), header: s.Response.Headers}
	var text string
	if json.Unmarshal(s.Response.Body, &text) == nil {
		a.body = text
	}
	list := `{"total":1,"list":[{"key":"/apisix/plugin_metadata/` + key.ID + `","value":{}}]}`
	return &fake{answers: map[string][]answer{"*": {a}, "GET /apisix/admin/plugin_metadata": {{status: 200, body: list}}}}
}

func replay(t *testing.T, s step, key gateway.Key) {
	t.Helper()
	f := recorded(s, key)
	g := newGateway(t, f, func(c *Config) { c.Retries = -1 })
	if _, err := g.address(key); err != nil {
		return // an id that no resource can have; the real gateway refuses it too
	}
	switch s.Request.Method {
	case http.MethodPut:
		r, ok := desiredOf(t, key, s.Request.Body)
		if ok {
			want := map[int]gateway.Class{200: 0, 201: 0, 401: gateway.Denied, 500: gateway.Unreachable, 503: gateway.Unreachable}
			compareClass(t, s, g.Put(t.Context(), r), want)
		}
	case http.MethodDelete:
		want := map[int]gateway.Class{200: 0, 404: 0, 401: gateway.Denied}
		compareClass(t, s, g.Delete(t.Context(), key), want)
	case http.MethodGet:
		live, err := g.Read(t.Context(), []gateway.Key{key})
		want := map[int]gateway.Class{200: 0, 404: 0, 401: gateway.Denied, 500: gateway.Unreachable}
		if key.Kind == gateway.StreamRoutes {
			want[400] = 0
		}
		compareClass(t, s, err, want)
		if _, found := live[key]; found != (s.Response.Status == http.StatusOK) {
			t.Errorf("%s %d: found is %v after %d", s.Case, s.Step, found, s.Response.Status)
		}
	}
}

// compareClass wants the class of the status; one that the table doesn't name is a refusal.
func compareClass(t *testing.T, s step, err error, want map[int]gateway.Class) {
	t.Helper()
	class, named := want[s.Response.Status]
	if !named {
		class = gateway.Refused
	}
	if got := classOf(t, err); got != class {
		t.Errorf("%s %d %s %s: class %d (%v), want %d of %d", s.Case, s.Step, s.Request.Method, s.Request.Path, got, err, class, s.Response.Status)
	}
}
