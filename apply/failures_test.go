package apply_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// TestFailures says what a fault of the Admin API stops and what it does not, with the real client: for each fault, which
// resources are there at the end, what is skipped and why.
func TestFailures(t *testing.T) {
	two := stateOf(slices.Concat(subtree("x"), subtree("y"))...)
	onlyY := stateOf(subtree("y")...)
	changed := stateOf(slices.Concat(subtree("x"), subtree("y"))...)
	for key, r := range changed {
		if key.Kind != gateway.Routes {
			r.Spec = owned(key.String(), "desc", "new").Spec
			for field, value := range two[key].Spec {
				r.Spec[field] = value
			}
			changed[key] = r
		}
	}
	const html, denied = "<html><title>who are you</title>", `{"error_msg":"failed to check token","description":"wrong apikey"}`
	tests := []struct {
		name          string
		before, after gateway.State
		fault         *fault
		class         gateway.Class
		absent        string // what of after is not there, or of before still is
		skipped       []string
		puts          int // how often the faulty call was made; 0 is not looked at
		call          string
	}{
		{
			name: "an upstream is refused", before: gateway.State{}, after: two, fault: refusing("PUT upstreams/x"), class: gateway.Refused,
			absent: "routes/x-a routes/x-b services/x upstreams/x", call: "PUT upstreams/x", puts: 1,
			skipped: []string{
				"routes/x-a: needs services/x, which was skipped", "routes/x-b: needs services/x, which was skipped",
				"services/x: needs upstreams/x, which the gateway refused",
			},
		},
		{
			name: "a service is refused", before: gateway.State{}, after: two, fault: refusing("PUT services/x"), class: gateway.Refused,
			absent: "routes/x-a routes/x-b services/x", call: "PUT services/x", puts: 1,
			skipped: []string{"routes/x-a: needs services/x, which the gateway refused", "routes/x-b: needs services/x, which the gateway refused"},
		},
		{
			name: "a route is refused", before: gateway.State{}, after: two, fault: refusing("PUT routes/x-a"), class: gateway.Refused,
			absent: "routes/x-a", call: "PUT routes/x-a", puts: 1,
		},
		{
			name: "an update is refused", before: two, after: changed, fault: refusing("PUT upstreams/x"), class: gateway.Refused,
			absent: "services/x upstreams/x", call: "PUT upstreams/x", puts: 1,
			skipped: []string{"services/x: needs upstreams/x, which the gateway refused"},
		},
		{
			name: "nothing is deleted after a refused create", before: stateOf(subtree("z")...), after: two, fault: refusing("PUT routes/x-a"),
			class: gateway.Refused, absent: "routes/x-a routes/z-a routes/z-b services/z upstreams/z",
			skipped: []string{
				"routes/z-a: nothing is removed after a failure: what was not written may still need it",
				"routes/z-b: nothing is removed after a failure: what was not written may still need it",
				"services/z: nothing is removed after a failure: what was not written may still need it",
				"upstreams/z: nothing is removed after a failure: what was not written may still need it",
			},
		},
		{
			name: "a delete of a route is refused", before: two, after: onlyY, fault: refusing("DELETE routes/x-a"), class: gateway.Refused,
			absent:  "routes/x-a services/x upstreams/x",
			skipped: []string{"services/x: routes/x-a still refers to it", "upstreams/x: services/x still refers to it"},
		},
		{
			name: "the last delete is refused", before: two, after: onlyY, fault: refusing("DELETE upstreams/x"), class: gateway.Refused,
			absent: "upstreams/x",
		},
		{
			name: "what is gone already is deleted", before: two, after: onlyY, absent: "",
			fault: &fault{"DELETE routes/x-a", 1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				next.ServeHTTP(httptest.NewRecorder(), r)
				next.ServeHTTP(w, r)
			}},
		},
		{
			name: "still in use for a moment", before: two, after: onlyY, call: "DELETE services/x", puts: 3,
			fault: answering("DELETE services/x", 2, http.StatusBadRequest, `{"error_msg":"can not delete this service directly, route [x-a] is still using it now"}`),
		},
		{
			name: "a page in the place of an answer", before: gateway.State{}, after: stateOf(subtree("x")...), class: gateway.Unreachable,
			absent: "routes/x-a routes/x-b services/x upstreams/x", call: "PUT upstreams/x", puts: 1,
			fault:   answering("PUT upstreams/x", 0, http.StatusOK, html),
			skipped: []string{"routes/x-a: the run was stopped", "routes/x-b: the run was stopped", "services/x: the run was stopped"},
		},
		{
			name: "the key is no longer good", before: gateway.State{}, after: stateOf(subtree("x")...), class: gateway.Denied,
			absent: "routes/x-a routes/x-b services/x", call: "PUT services/x", puts: 1,
			fault:   answering("PUT services/x", 0, http.StatusUnauthorized, denied),
			skipped: []string{"routes/x-a: the run was stopped", "routes/x-b: the run was stopped"},
		},
		{
			name: "the address is no longer let in", before: gateway.State{}, after: stateOf(subtree("x")...), class: gateway.Denied,
			absent: "routes/x-a routes/x-b services/x", call: "PUT services/x", puts: 1,
			fault:   answering("PUT services/x", 0, http.StatusForbidden, html),
			skipped: []string{"routes/x-a: the run was stopped", "routes/x-b: the run was stopped"},
		},
		{
			name: "busy for a while", before: gateway.State{}, after: two, call: "PUT services/x", puts: 3,
			fault: answering("PUT services/x", 2, http.StatusServiceUnavailable, `{"error_msg":"etcd"}`),
		},
		{
			name: "a connection is cut after the write", before: gateway.State{}, after: two, call: "PUT services/x", puts: 1,
			fault: cutting("PUT services/x", true),
		},
		{
			name: "a connection is cut before the write", before: gateway.State{}, after: two, call: "PUT services/x", puts: 2,
			fault: cutting("PUT services/x", false),
		},
		{
			name: "a connection is cut after the delete", before: two, after: onlyY, call: "DELETE services/x", puts: 1,
			fault: cutting("DELETE services/x", true),
		},
		{
			name: "an auth key that is let go late", before: gateway.State{}, after: two, call: "PUT services/x", puts: 3,
			fault: answering("PUT services/x", 2, http.StatusBadRequest, `{"error_msg":"duplicate key of plugin key-auth found with consumer: bob"}`),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "", nil)
			r.fill(t, test.before)
			p := r.plan(t, test.after)
			r.fail(test.fault)
			result, err := apply.Run(t.Context(), r.client, p, apply.Options{})
			r.fail(nil)
			var spoken *gateway.Error
			if errors.As(err, &spoken) != (test.class != 0) || spoken != nil && spoken.Class != test.class {
				t.Errorf("error %v, want class %v", err, test.class)
			}
			check(t, "whole", len(p.Changes()), len(result.Done)+len(result.Skipped))
			check(t, "left to do", test.absent, leftToDo(r.plan(t, test.after)))
			reasons(t, test.skipped, result)
			calls := r.written()
			made := len(slices.DeleteFunc(calls, func(call string) bool { return call != test.call }))
			if test.puts > 0 && made != test.puts {
				t.Errorf("%s was sent %d times, want %d", test.call, made, test.puts)
			}
			if result, err := r.converge(t, test.after); err != nil || leftToDo(r.plan(t, test.after)) != "" {
				t.Errorf("without the fault it does not converge: %v, %v", result, err)
			}
		})
	}
}

// leftToDo names what a plan would still write.
func leftToDo(p plan.Plan) string {
	var names []string
	for _, c := range p.Changes() {
		names = append(names, c.Key.String())
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// reasons holds what was skipped against the beginnings of the lines that are wanted.
func reasons(t *testing.T, want []string, result apply.Result) {
	t.Helper()
	got := skips(result)
	slices.Sort(got)
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("skipped:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
