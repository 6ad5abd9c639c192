package api7_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
)

var _ reconciler.Gateway = (*api7.Gateway)(nil)

// tb is what tests and laws have in common.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func start(t testing.TB, cfg api7test.Config) *api7test.Server {
	t.Helper()
	server, err := api7test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func client(t tb, server *api7test.Server, change func(*api7.Config)) *api7.Gateway {
	t.Helper()
	cfg := api7.Config{Name: "eu", URL: server.URL(), Group: "prod", Token: token(api7test.UserToken), SettleTime: time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	g, err := api7.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func token(text string) func() (gateway.Secret, error) {
	return func() (gateway.Secret, error) { return gateway.NewSecret("", text), nil }
}

// inMemory reaches a server without the network, so that time may be that of a bubble.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.handler.ServeHTTP(recorder, req)
	}()
	select {
	case <-done:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

// state reads resources by their keys, as render would hand them on.
func state(t tb, text string) gateway.State {
	t.Helper()
	var bodies map[string]any
	if err := json.Unmarshal([]byte(text), &bodies); err != nil {
		t.Fatal(err)
	}
	found := gateway.State{}
	for name, body := range bodies {
		key, err := gateway.ParseKey(name)
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := gateway.Canonical(body)
		if err != nil {
			t.Fatal(err)
		}
		spec := canonical.(map[string]any)
		if key.Kind.HasLabels() {
			labels, _ := spec["labels"].(map[string]any)
			if labels == nil {
				labels = map[string]any{}
			}
			labels[gateway.ManagedBy] = gateway.ManagedBySluice
			spec["labels"] = labels
		}
		found[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
	}
	return found
}

func one(t tb, key, body string) gateway.Resource {
	t.Helper()
	for _, r := range state(t, `{"`+key+`":`+body+`}`) {
		return r
	}
	return gateway.Resource{}
}

// difference plans against what is live now. All of it was written by Sluice, but for what is shown as plain.
func difference(t *testing.T, r tb, g *api7.Gateway, desired gateway.State) plan.Plan {
	r.Helper()
	live, err := g.Live(t.Context())
	if err != nil {
		r.Fatal(err)
	}
	defaults, err := g.Defaults(t.Context())
	if err != nil {
		r.Fatal(err)
	}
	inventory := slices.DeleteFunc(live.Keys(), func(key gateway.Key) bool { return strings.HasPrefix(key.ID, "plain:") })
	return plan.New(desired, gateway.Align(desired, live, defaults), plan.Policy{Inventory: inventory})
}

// bring applies a state, and checks that nothing is left to do.
func bring(t *testing.T, r tb, g *api7.Gateway, desired gateway.State) {
	r.Helper()
	p := difference(t, r, g, desired)
	if _, err := apply.Run(t.Context(), g, p, apply.Options{Parallel: 4}); err != nil {
		r.Fatalf("%v\n%s", err, changes(p))
	}
	if left := difference(t, r, g, desired); !left.Empty() {
		r.Fatalf("a second pass has something to do:\n%s\nafter\n%s", changes(left), changes(p))
	}
}

func changes(p plan.Plan) string {
	text := ""
	for _, c := range p.Changes() {
		text += string(c.Op) + " " + c.Key.String()
		for _, field := range c.Fields {
			text += "\n    " + field.Path.String() + ": " + gateway.Show(field.Old) + " -> " + gateway.Show(field.New)
		}
		text += "\n"
	}
	return text
}

// classOf returns the class of an error of the package, 0 for none.
func classOf(t *testing.T, err error) gateway.Class {
	t.Helper()
	if err == nil {
		return 0
	}
	var own *gateway.Error
	if !errors.As(err, &own) {
		t.Fatalf("%v is a %T, want a *gateway.Error", err, err)
	}
	return own.Class
}
