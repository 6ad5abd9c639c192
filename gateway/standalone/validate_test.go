package standalone_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// TestValidateFindsEveryFault in documents small enough for the gateway, and writes nothing.
func TestValidateFindsEveryFault(t *testing.T) {
	n := newNetwork(t, 2, nil)
	g := n.group(t, nil)
	var all []gateway.Resource
	for i := range 4 { // 2 MiB of them: two documents at least
		all = append(all, res(t, fmt.Sprint("protos/", i), fmt.Sprintf(`{"content": %q}`, `syntax = "proto3";`+strings.Repeat(" ", 500<<10))))
	}
	all = append(all,
		res(t, "routes/huge", fmt.Sprintf(`{"uri": 1, "script": %q}`, strings.Repeat("x", 3<<19))), // too large to be asked about
		res(t, "credentials/jack/c1", `{"plugins": {"no-such-plugin": {}}}`),
		res(t, "routes/zero", `{"uri": "/a", "plugins": {"no-such-plugin": {}}}`),
		res(t, "services/cert", `{"upstream": {"nodes": {"127.0.0.1:1": 1}, "tls": {"client_cert_id": "c"}}}`),
		gateway.Resource{Key: gateway.Key{Kind: "routes", ID: "unknown"}, Spec: map[string]any{"uri": gateway.UnresolvedSecret("${secret(x)}")}})
	faults, err := g.Validate(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.String())
	}
	want := []string{
		"credentials/jack/c1 plugins.no-such-plugin: is refused by the gateway: invalid plugins configuration: unknown plugin [no-such-plugin]",
		"services/cert upstream.tls.client_cert_id: a gateway in standalone mode can't look up a client certificate by its id",
		"routes/unknown: uri: the value of ${secret(x)} is not known",
		"routes/zero plugins.no-such-plugin: is refused by the gateway: unknown plugin [no-such-plugin]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if asked := n.count["POST /apisix/admin/configs/validate"]; asked < 2 || len(n.puts) > 0 {
		t.Errorf("asked %d times, %d puts", asked, len(n.puts))
	}
}

// TestWhatMovesIsNoFault: the gateway compares with what is live now, and a key or a plugin may go elsewhere in one commit.
func TestWhatMovesIsNoFault(t *testing.T) {
	for name, test := range map[string]struct{ before, after []gateway.Resource }{
		"an auth key": {
			[]gateway.Resource{res(t, "consumers/jack", `{"plugins":{"key-auth":{"key":"aaaa"}}}`), res(t, "consumers/jill", `{"plugins":{"key-auth":{"key":"bbbb"}}}`)},
			[]gateway.Resource{res(t, "consumers/jack", `{"plugins":{"key-auth":{"key":"cccc"}}}`), res(t, "consumers/jill", `{"plugins":{"key-auth":{"key":"aaaa"}}}`)},
		},
		"a plugin of global rules": {
			[]gateway.Resource{res(t, "global_rules/one", `{"plugins":{"cors":{},"request-id":{}}}`)},
			[]gateway.Resource{res(t, "global_rules/one", `{"plugins":{"request-id":{}}}`), res(t, "global_rules/two", `{"plugins":{"cors":{}}}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, 1, nil)
			g := n.group(t, hurried)
			live(t, g)
			write(t, g, test.before...)
			if faults, err := g.Validate(t.Context(), test.after); err != nil || len(faults) > 0 {
				t.Errorf("faults %v, %v", faults, err)
			}
			owned := slices.Concat(keyed(test.before...).Keys(), keyed(test.after...).Keys())
			if err := pass(t, g, keyed(test.after...), owned); err != nil {
				t.Errorf("apply: %v", err)
			}
		})
	}
}

// TestValidateNeedsNoAnswer from a gateway that is too old to know the question; any other trouble is an error.
func TestValidateNeedsNoAnswer(t *testing.T) {
	n := newNetwork(t, 1, nil)
	for _, tt := range []struct {
		status int
		kind   string
		body   string
		want   gateway.Class
	}{
		{http.StatusNotFound, "text/html", "<html>", 0},
		{http.StatusOK, "application/json", "{}", 0},
		{http.StatusOK, "text/html", "<html>", gateway.Unreachable},
		{http.StatusUnauthorized, "application/json", `{"error_msg": "failed to check token"}`, gateway.Denied},
		{http.StatusBadRequest, "application/json", `{"error_msg": "invalid request body"}`, gateway.Refused},
		{http.StatusBadRequest, "application/json", `{"error_msg": "x", "errors": [{"error": "somewhere", "resource_type": "routes", "index": 5}]}`, gateway.Refused},
		{http.StatusServiceUnavailable, "text/html", "", gateway.Unreachable},
	} {
		answer := roundTripper(func(req *http.Request) (*http.Response, error) {
			return respond(req, tt.status, http.Header{"Content-Type": {tt.kind}}, tt.body), nil
		})
		g := n.group(t, func(cfg *standalone.Config) { cfg.Transport = answer })
		faults, err := g.Validate(t.Context(), []gateway.Resource{route(t, "r", "/a")})
		if classOf(err) != tt.want || len(faults) > 0 {
			t.Errorf("%d %s: %v, err = %v", tt.status, tt.body, faults, err)
		}
	}
}
