package api7_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		key, body string
		want      []string // each fault as text; the hint must hold what stands after " | "
	}{
		{"upstreams/u", `{"nodes": {"a:80": 1}}`, []string{"upstreams/u: API7 Enterprise has no upstreams | into its service"}},
		{"plugin_configs/p", `{"plugins": {}}`, []string{"plugin_configs/p: API7 Enterprise has no plugin_configs | into the service"}},
		{"consumer_groups/g", `{"plugins": {}}`, []string{"consumer_groups/g: API7 Enterprise has no consumer_groups | into the consumers"}},
		{"routes/r", `{"uri": "/a", "service_id": "s", "status": 1, "vars": [["a", "==", "b"]]}`, nil},
		{"routes/r", `{"uri": "/a", "service_id": 7}`, nil},
		{"routes/r", `{"uri": "/a", "host": "a.test", "hosts": ["a.test"], "remote_addr": "1.1.1.1", "filter_func": "f", "script": "s",
			"upstream": {}, "upstream_id": "u", "plugin_config_id": "p", "status": 0}`, []string{
			"routes/r filter_func: API7 Enterprise can't hold filter_func of routes | as vars",
			"routes/r host: API7 Enterprise can't hold host of routes | hosts of the route's service",
			"routes/r hosts: API7 Enterprise can't hold hosts of routes | hosts of the route's service",
			"routes/r plugin_config_id: API7 Enterprise can't hold plugin_config_id of routes | into the route",
			"routes/r remote_addr: API7 Enterprise can't hold remote_addr of routes | ip-restriction",
			"routes/r script: API7 Enterprise can't hold script of routes | plugin",
			"routes/r upstream: API7 Enterprise can't hold upstream of routes | route's service",
			"routes/r upstream_id: API7 Enterprise can't hold upstream_id of routes | traffic-split",
			"routes/r: route without a service | service_id",
			"routes/r status: API7 Enterprise can't hold a route that is switched off | !reset",
		}},
		{"routes/sluice-bridge-1", `{"uri": "/a", "hosts": ["a.test"], "upstream": {}}`, nil},
		{"stream_routes/s", `{"server_port": 1, "service_id": "s", "sni": "a"}`, []string{
			"stream_routes/s sni: API7 Enterprise can't hold sni of stream_routes | server_port"}},
		{"stream_routes/s", `{"server_port": 1}`, []string{"stream_routes/s: stream_route without a service | service_id"}},
		{"services/s", `{"upstream_id": "u", "enable_websocket": true}`, []string{
			"services/s enable_websocket: API7 Enterprise can't hold enable_websocket of services | routes",
			"services/s upstream_id: API7 Enterprise can't hold upstream_id of services | upstream: {…}"}},
		{"services/s", `{"path_prefix": "/a", "strip_path_prefix": false, "type": "http", "upstreams": {"u": {"nodes": []}}}`, nil},
		{"services/s", `{"upstream": {"nodes": [{"host": "h", "port": 1, "weight": 1, "metadata": {}}], "tls": {"ca": "x"}},
			"upstreams": {"s": {}, "a/b": {}, "t": {"scheme": "http", "nodes_from": 1}, "w": 1}}`, []string{
			"services/s upstream.tls.ca: API7 Enterprise can't hold ca of tls | remove it",
			"services/s upstream.nodes[0].metadata: API7 Enterprise can't hold metadata of nodes | host, port, weight and priority",
			`services/s upstreams["a/b"]: the name can't be an id | letters`,
			"services/s upstreams.s: this is the id of the service's own upstream | another id",
			"services/s upstreams.t.nodes_from: API7 Enterprise can't hold nodes_from of t | remove it",
			"services/s upstreams.w: an upstream must be a map | nodes"}},
		{"services/s", `{"upstreams": {"u": {"nodes": {"a:80": 1}, "tls": {"client_cert": "c", "client_key": "k"}}}}`, []string{
			"services/s upstreams.u.nodes: the nodes of an extra upstream must be a list | host",
			"services/s upstreams.u.tls.client_key: an extra upstream can't hold a private key: it would never compare | client_cert_id"}},
		{"services/s", `{"upstreams": []}`, []string{"services/s upstreams: upstreams of a service must be a map | upstreams: {ID"}},
		{"ssls/x", `{"snis": ["a"], "cert": "c", "key": "k", "ssl_protocols": ["TLSv1.3"], "client": {"ca": "c", "skip_mtls_uri_regex": ["/a"]}}`, []string{
			"ssls/x ssl_protocols: API7 Enterprise can't hold ssl_protocols of ssls | gateway group",
			"ssls/x client.skip_mtls_uri_regex: API7 Enterprise can't hold skip_mtls_uri_regex of client | host"}},
		{"consumers/c", `{"group_id": "g", "plugins": {"key-auth": {"key": "k"}, "cors": {}}}`, []string{
			"consumers/c group_id: API7 Enterprise can't hold group_id of consumers | into the consumer",
			"consumers/c plugins.key-auth: API7 Enterprise can't hold key-auth on a consumer itself | credentials: {main"}},
		{"global_rules/g", `{"plugins": {"cors": {}}}`, []string{"global_rules/g plugins: a global rule holds exactly the plugin that it is named after | global_rules: {cors"}},
		{"global_rules/cors", `{"plugins": {"cors": {}, "request-id": {}}}`, []string{"global_rules/cors plugins: a global rule holds exactly the plugin that it is named after | one rule"}},
		{"global_rules/cors", `{"plugins": {"cors": {}}}`, nil},
		{"protos/p", `{"content": "c", "labels": {"a": ["b"], "c": "[\"d\"]", "e": 1}}`, []string{
			"protos/p labels.c: the text of a label reads as a list | write the list",
			"protos/p labels.e: a label is a text, or a list of texts | quote it"}},
		{"plugin_metadata/p", `{"anything": 1}`, nil},
		{"secrets/vault/1", `{"anything": 1}`, nil},
	}
	for _, test := range tests {
		var got, hints []string
		for _, fault := range api7.Check(one(t, test.key, test.body)) {
			got, hints = append(got, fault.String()), append(hints, fault.Hint)
		}
		var want []string
		for i, text := range test.want {
			what, hint, _ := strings.Cut(text, " | ")
			want = append(want, what)
			if i < len(hints) && !strings.Contains(hints[i], hint) {
				t.Errorf("%s: hint %q does not say %q", what, hints[i], hint)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.key, test.body, diff)
		}
	}
}

// TestNothingIsDropped holds the law that what is refused is never sent, and what is sent is never dropped.
func TestNothingIsDropped(t *testing.T) {
	server := start(t, api7test.Config{})
	g := client(t, server, nil)
	err := g.Put(t.Context(), one(t, "routes/r", `{"uri": "/a", "service_id": "s", "hosts": ["a.test"]}`))
	if classOf(t, err) != gateway.Refused || !strings.Contains(err.Error(), "put routes/r: hosts: API7 Enterprise can't hold hosts of routes: write them into the hosts of the route's service") {
		t.Errorf("got %v", err)
	}
	if requests := server.Requests(); len(requests) > 0 {
		t.Errorf("sent %q", requests)
	}
}
