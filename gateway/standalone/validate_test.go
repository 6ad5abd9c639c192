package standalone_test

import (
	"fmt"
	"net/http"
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
		"credentials/jack/c1: invalid plugins configuration: unknown plugin [no-such-plugin]",
		"services/cert upstream.tls.client_cert_id: a gateway in standalone mode can't look up a client certificate by its id",
		"routes/unknown: uri: the value of ${secret(x)} is not known",
		"routes/zero: unknown plugin [no-such-plugin]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if asked := n.count["POST /apisix/admin/configs/validate"]; asked < 2 || len(n.puts) > 0 {
		t.Errorf("asked %d times, %d puts", asked, len(n.puts))
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
