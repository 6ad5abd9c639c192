package standalone_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// TestEveryInstanceGetsTheSameDocument writes, reads back, changes and removes, and counts the documents that it takes.
func TestEveryInstanceGetsTheSameDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 3, nil)
		g := n.group(t, nil)
		if state := live(t, g); len(state) != 0 {
			t.Fatalf("a gateway that was never configured has %v", state.Keys())
		}
		want := keyed(upstream(t, "u"), route(t, "r1", "/a"), route(t, "r2", "/b"))
		write(t, g, want[gateway.Key{Kind: "upstreams", ID: "u"}], route(t, "r1", "/a"), route(t, "r2", "/b"))
		for number := range 3 {
			if got := n.document(t, number); !cmp.Equal(n.document(t, 0), got) || got["X-Digest"] == "" {
				t.Errorf("instance %d: %v", number, cmp.Diff(n.document(t, 0), got))
			}
		}
		for name, version := range n.document(t, 0) {
			if strings.HasSuffix(name, "_conf_version") && version == 0.0 {
				t.Errorf("%s is 0 after the first document: workers take it for none", name)
			}
		}
		if got := live(t, g); got.Digest() != want.Digest() {
			t.Errorf("live is %v", cmp.Diff(want.Keys(), got.Keys()))
		}
		write(t, g, route(t, "r1", "/a")) // as it is: nothing to send
		if err := g.Delete(t.Context(), gateway.Key{Kind: "routes", ID: "gone"}); err != nil {
			t.Error(err)
		}
		if err := g.Delete(t.Context(), gateway.Key{Kind: "routes", ID: "r2"}); err != nil {
			t.Error(err)
		}
		if got := len(n.putsTo(1)); got != 2 {
			t.Errorf("%d documents were put, want 2", got)
		}
		read, err := g.Read(t.Context(), want.Keys())
		if err != nil || len(read) != 2 {
			t.Errorf("read %v, %v", read.Keys(), err)
		}
	})
}

// TestWhatDoesNotChangeKeepsItsVersion: an instance would forget the health of the nodes otherwise.
func TestWhatDoesNotChangeKeepsItsVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"), route(t, "r1", "/a"), route(t, "r2", "/b"))
		before, routes := n.document(t, 0), n.items(t, 0, "routes")
		time.Sleep(time.Hour)
		write(t, g, route(t, "r2", "/c"))
		after, changed := n.document(t, 1), n.items(t, 1, "routes")
		if before["upstreams_conf_version"] != after["upstreams_conf_version"] || before["plugins_conf_version"] != after["plugins_conf_version"] {
			t.Errorf("versions of what did not change: %v, then %v", before, after)
		}
		if got := after["routes_conf_version"].(float64) - before["routes_conf_version"].(float64); got < float64(time.Hour.Milliseconds()) {
			t.Errorf("the version of routes went up by %v", got)
		}
		if routes["r1"]["modifiedIndex"] != changed["r1"]["modifiedIndex"] || changed["r1"]["modifiedIndex"] == nil {
			t.Errorf("r1: %v, then %v", routes["r1"], changed["r1"])
		}
		if changed["r2"]["modifiedIndex"] != after["routes_conf_version"] {
			t.Errorf("r2 has index %v at version %v", changed["r2"]["modifiedIndex"], after["routes_conf_version"])
		}
	})
}

// TestVersionsNeverGoBack: somebody whose clock is ahead has written, as after a step back of our own clock.
func TestVersionsNeverGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		ahead := time.Now().Add(time.Hour).UnixMilli()
		for number := range 2 {
			n.push(t, number, "d1", fmt.Sprintf(`{"routes": [{"id": "r1", "uri": "/a", "plugins": {}, "modifiedIndex": %d}], "routes_conf_version": %d}`,
				ahead+7, ahead))
		}
		g := n.group(t, nil)
		live(t, g)
		write(t, g, route(t, "r1", "/b"))
		if got := n.document(t, 1)["routes_conf_version"]; got != float64(ahead+8) {
			t.Errorf("version %v, want %d: above the index of the item, too", got, ahead+8)
		}
		// All instances restart and forget; the client does not.
		for _, server := range n.servers {
			server.Restart()
		}
		live(t, g)
		write(t, g, route(t, "r1", "/c"))
		if got := n.document(t, 0)["routes_conf_version"]; got != float64(ahead+9) {
			t.Errorf("version %v after a restart, want %d", got, ahead+9)
		}
	})
}

// TestOnlySomeKindsCarryAnIndex: the schema of a stream route refuses it, and to a plugin it would be configuration.
func TestOnlySomeKindsCarryAnIndex(t *testing.T) {
	n := newNetwork(t, 1, nil)
	g := n.group(t, hurried)
	live(t, g)
	write(t, g, upstream(t, "u"), res(t, "stream_routes/s", `{"server_port": 9100, "upstream_id": "u"}`), res(t, "consumers/jack", `{}`),
		res(t, "credentials/jack/c", `{"plugins": {"key-auth": {"key": "k"}}}`), res(t, "global_rules/g", `{"plugins": {"cors": {}}}`),
		res(t, "plugin_metadata/http-logger", `{"log_format": {"h": "$host"}}`), res(t, "secrets/vault/1", `{"uri": "http://127.0.0.1:8200", "prefix": "kv", "token": "t"}`))
	for section, want := range map[string]bool{"upstreams": true, "stream_routes": false, "consumers": true, "global_rules": true, "plugin_metadata": false, "secrets": false} {
		for id, one := range n.items(t, 0, section) {
			if _, got := one["modifiedIndex"]; got != want {
				t.Errorf("%s/%s: %v", section, id, one)
			}
		}
	}
	if state := live(t, n.group(t, hurried)); len(state) != 7 || state[gateway.Key{Kind: "plugin_metadata", ID: "http-logger"}].Spec["id"] != nil {
		t.Errorf("live is %v", state)
	}
}

// TestSomebodyElseIsFaster: a document comes between the last look and the PUT, which the gateway refuses for its versions.
func TestSomebodyElseIsFaster(t *testing.T) {
	n := newNetwork(t, 1, nil)
	pushed := false
	between := roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPut && !pushed {
			pushed = true
			n.push(t, 0, "theirs", `{"upstreams_conf_version": 9000000000000000}`)
		}
		return n.RoundTrip(req)
	})
	g := n.group(t, func(cfg *standalone.Config) { cfg.Transport = between })
	live(t, g)
	if err := g.Write(t.Context(), []gateway.Resource{upstream(t, "u")}, nil); classOf(err) != gateway.Moved {
		t.Errorf("err = %v", err)
	}
}

// TestAWriteIsNotStoppedBetweenInstances: once one has the document the others get it, too.
func TestAWriteIsNotStoppedBetweenInstances(t *testing.T) {
	n := newNetwork(t, 3, nil)
	g := n.group(t, hurried)
	live(t, g)
	ctx, stop := context.WithCancel(t.Context())
	n.onPut(func(*http.Request) { stop() })
	if err := g.Write(ctx, []gateway.Resource{upstream(t, "u")}, nil); err != nil || len(n.puts) != 3 {
		t.Errorf("err = %v, %d puts", err, len(n.puts))
	}
}

// TestForeignItemsStay has somebody else's items in every form beside ours.
func TestForeignItemsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		n.push(t, 0, "d1", `{
			"routes": [{"uri": "/nameless", "plugins": {}}, {"id": "theirs", "uri": "/t", "plugins": {}, "create_time": 1700000000}],
			"consumers": [{"username": "jack"}, {"id": "jack/credentials/c1", "plugins": {"key-auth": {"key": "k"}}}],
			"secrets": [{"id": "vault/1", "uri": "http://127.0.0.1:8200", "prefix": "kv", "token": "t"}],
			"plugin_metadata": [{"id": "http-logger", "log_format": {"h": "$host"}}]}`)
		before := n.document(t, 0)
		g := n.group(t, nil)
		state := live(t, g)
		var names []string
		for _, key := range state.Keys() {
			names = append(names, key.String())
		}
		want := []string{"secrets/vault/1", "plugin_metadata/http-logger", "consumers/jack", "credentials/jack/c1", "routes/theirs"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("live (-want +got)\n%s", diff)
		}
		write(t, g, upstream(t, "u"), route(t, "ours", "/o"), res(t, "credentials/jack/c2", `{"plugins": {"key-auth": {"key": "k2"}}}`))
		after := n.document(t, 0)
		for _, section := range []string{"routes", "consumers", "secrets", "plugin_metadata"} {
			theirs, all := before[section].([]any), after[section].([]any)
			if diff := cmp.Diff(theirs, all[:len(theirs)]); diff != "" {
				t.Errorf("%s (-before +after)\n%s", section, diff)
			}
		}
		if got := n.items(t, 0, "consumers")["jack/credentials/c2"]; got == nil {
			t.Errorf("consumers: %v", after["consumers"])
		}
	})
}

// TestSomebodyElseWroteMeanwhile: nothing is written until the next look, whichever instance it was. On one instance of several it is
// undone; on all of them it is what is live.
func TestSomebodyElseWroteMeanwhile(t *testing.T) {
	for number := range 2 {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, 2, nil)
			g := n.group(t, nil)
			live(t, g)
			write(t, g, upstream(t, "u"), route(t, "r1", "/a"))
			n.push(t, number, "theirs", `{"routes": [{"id": "theirs", "uri": "/t", "plugins": {}}]}`)
			for range 2 {
				err := g.Write(t.Context(), []gateway.Resource{route(t, "r1", "/b")}, nil)
				if classOf(err) != gateway.Moved || !strings.Contains(err.Error(), host(number)) {
					t.Errorf("err = %v", err)
				}
			}
			if got := len(n.putsTo(0)) + len(n.putsTo(1)); got != 2 {
				t.Errorf("%d documents were put, want the first two only", got)
			}
			if state := live(t, g); len(state) != 2 || !cmp.Equal(n.document(t, 0)["routes"], n.document(t, 1)["routes"]) {
				t.Errorf("live is %v", state.Keys())
			}
			for other := range 2 {
				n.push(t, other, "theirs", `{"routes": [{"id": "theirs", "uri": "/t", "plugins": {}}]}`)
			}
			if state := live(t, g); len(state) != 1 {
				t.Errorf("on every instance, theirs is live: %v", state.Keys())
			}
			write(t, g, upstream(t, "u"), route(t, "r1", "/b"))
			if got := n.items(t, 1-number, "routes"); len(got) != 2 {
				t.Errorf("routes: %v", got)
			}
		})
	}
}

// TestRefusalsNameEveryResource finds all faults at once, before anything is written.
func TestRefusalsNameEveryResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		n.push(t, 0, "d1", `{"global_rules": [{"id": "theirs", "plugins": {"cors": {}}}]}`)
		n.push(t, 1, "d1", `{"global_rules": [{"id": "theirs", "plugins": {"cors": {}}}]}`)
		g := n.group(t, nil)
		live(t, g)
		bad := []gateway.Resource{
			res(t, "routes/plugin", `{"uri": "/a", "plugins": {"no-such-plugin": {}}}`),
			res(t, "routes/schema", `{"uri": 1, "plugins": {}}`),
			res(t, "credentials/jack/c1", `{"plugins": {"key-auth": {"kee": "hunter2"}}}`),
			res(t, "upstreams/cert", `{"nodes": {"127.0.0.1:1": 1}, "tls": {"client_cert_id": "c"}}`),
			res(t, "global_rules/ours", `{"plugins": {"cors": {}}}`),
			res(t, "global_rules/one", `{"plugins": {"request-id": {}}}`),
			res(t, "global_rules/two", `{"plugins": {"request-id": {}}}`),
			{Key: gateway.Key{Kind: "routes", ID: "unknown"}, Spec: map[string]any{"uri": gateway.UnresolvedSecret("${secret(x)}")}},
			{Key: gateway.Key{Kind: "secrets", ID: "vault"}, Spec: map[string]any{}},
		}
		err := g.Write(t.Context(), append(bad, upstream(t, "u")), nil)
		var refused *gateway.Refusals
		if !errors.As(err, &refused) {
			t.Fatalf("err = %v", err)
		}
		want := `put secrets/vault: "vault" can't be the id of secrets
put upstreams/cert: tls.client_cert_id: a gateway in standalone mode can't look up a client certificate by its id: write the certificate and its key here, as client_cert and client_key
put credentials/jack/c1: 
put routes/plugin: plugins.no-such-plugin: is refused by the gateway: unknown plugin [no-such-plugin]
put routes/schema: uri: is refused by the gateway: invalid configuration: property "uri" validation failed: wrong type: expected string, got number
put routes/unknown: uri: the value of ${secret(x)} is not known
put global_rules/ours: plugins.cors: global_rules/theirs has this plugin, and only one global rule may: take it out of one of them; to move it, first commit its removal
put global_rules/two: plugins.request-id: global_rules/one has this plugin, and only one global rule may: take it out of one of them; to move it, first commit its removal`
		lines := strings.Split(err.Error(), "\n")
		for i, line := range strings.Split(want, "\n") {
			if i >= len(lines) || !strings.HasPrefix(lines[i], line) {
				t.Errorf("line %d of\n%v\nwant %s…", i, err, line)
			}
		}
		if len(n.puts) > 0 || classOf(err) != gateway.Refused || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%d puts, class %v", len(n.puts), classOf(err))
		}
		if err := g.Put(t.Context(), bad[0]); classOf(err) != gateway.Refused || err.Error() != "put routes/plugin: plugins.no-such-plugin: is refused by the gateway: unknown plugin [no-such-plugin]" {
			t.Errorf("put: %v", err)
		}
		write(t, g, upstream(t, "u")) // the rest may be sent again
	})
}

// TestTooLargeIsRefusedBeforeAnythingIsSent names both numbers.
func TestTooLargeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		g := n.group(t, func(cfg *standalone.Config) { cfg.DocumentLimit = 2000 })
		live(t, g)
		large := res(t, "upstreams/u", fmt.Sprintf(`{"nodes": {"127.0.0.1:1": 1}, "desc": %q}`, strings.Repeat("x", 1500)))
		write(t, g, upstream(t, "small"))
		asked := n.count["POST /apisix/admin/configs/validate"]
		err := g.Write(t.Context(), []gateway.Resource{large}, nil)
		if classOf(err) != gateway.Refused || !strings.Contains(err.Error(), "at most 1875 fit into the 2000 bytes") {
			t.Errorf("err = %v", err)
		}
		if len(n.puts) != 1 || n.count["POST /apisix/admin/configs/validate"] != asked {
			t.Errorf("something was sent: %v", n.count)
		}
		// Before the first step of a plan it is foreseen, with what goes only afterwards.
		_, err = g.Validate(t.Context(), []gateway.Resource{large})
		if classOf(err) != gateway.Refused || !strings.Contains(err.Error(), "at most 1875 fit into the 2000 bytes") || len(n.puts) != 1 {
			t.Errorf("validate: %v", err)
		}
	})
}

// TestWhatMakesRoomIsTaken though the document is still larger than what would be put there anew.
func TestWhatMakesRoomIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		roomy := n.group(t, nil)
		live(t, roomy)
		desc := fmt.Sprintf(`{"nodes": {"127.0.0.1:1": 1}, "desc": %q}`, strings.Repeat("x", 250))
		write(t, roomy, res(t, "upstreams/u", desc), res(t, "upstreams/v", desc), upstream(t, "w"))
		g := n.group(t, func(cfg *standalone.Config) { cfg.DocumentLimit = 500 })
		live(t, g)
		if err := g.Delete(t.Context(), upstreams("v")[0]); err != nil {
			t.Errorf("delete: %v", err)
		}
		if err := g.Put(t.Context(), upstream(t, "x")); classOf(err) != gateway.Refused {
			t.Errorf("put: %v", err)
		}
	})
}

// TestDocumentsAreSpaced: the stream proxy of an instance would miss the second of two within a second.
func TestDocumentsAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		n.push(t, 0, "d1", `{}`)
		n.push(t, 1, "d1", `{}`)
		started := time.Now()
		g := n.group(t, nil)
		live(t, g)
		for i := range 3 {
			write(t, g, upstream(t, fmt.Sprint(i)))
		}
		for number := range 2 {
			last := started
			for _, put := range n.putsTo(number) {
				if gap := put.at.Sub(last); gap < 2*time.Second || gap > 3*time.Second {
					t.Errorf("instance %d got a document %v after the one before", number, gap)
				}
				last = put.at
			}
		}
	})
}

// TestALostAnswerIsLookedFor: the document is there, so that nothing is repeated.
func TestALostAnswerIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		n.set(n.deaf, 0, true)
		n.set(n.deaf, 1, true)
		write(t, g, upstream(t, "u"))
		if len(n.puts) != 2 || len(live(t, g)) != 1 {
			t.Errorf("puts %v", n.puts)
		}
	})
}

// TestAPlaceInTheDocumentIsAResource: a gateway that is too old to be asked beforehand tells the place.
func TestAPlaceInTheDocumentIsAResource(t *testing.T) {
	n := newNetwork(t, 1, nil)
	n.push(t, 0, "d", `{"routes": [{"id": "theirs", "uri": "/t", "plugins": {}}]}`)
	for _, tt := range []struct{ text, want string }{
		{"invalid routes at index 1, err: unknown plugin [x]", "put routes/r1: unknown plugin [x]"},
		{"invalid routes at index 7, err: unknown plugin [x]", "put configuration on instance gw-0:9180: 400 Bad Request: invalid routes at index 7"},
		{"unknown plugin [x]", "put configuration on instance gw-0:9180: 400 Bad Request: unknown plugin [x]"},
	} {
		old := roundTripper(func(req *http.Request) (*http.Response, error) {
			switch req.Method {
			case http.MethodPost:
				return respond(req, http.StatusNotFound, http.Header{"Content-Type": {"text/html"}}, "<html>"), nil
			case http.MethodPut:
				return respond(req, http.StatusBadRequest, http.Header{"Content-Type": {"application/json"}}, fmt.Sprintf(`{"error_msg": %q}`, tt.text)), nil
			}
			return n.RoundTrip(req)
		})
		g := n.group(t, func(cfg *standalone.Config) { cfg.Transport, cfg.Spacing = old, time.Nanosecond })
		live(t, g)
		err := g.Write(t.Context(), []gateway.Resource{route(t, "r1", "/a"), upstream(t, "u")}, nil)
		if classOf(err) != gateway.Refused || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("err = %v, want %s…", err, tt.want)
		}
	}
}

// TestASecretIsNotShown makes a gateway repeat one in its refusal.
func TestASecretIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		g := n.group(t, nil)
		live(t, g)
		r := gateway.Resource{Key: gateway.Key{Kind: "routes", ID: "r"}, Spec: map[string]any{
			"uri": "/a", "plugins": map[string]any{}, "methods": []any{gateway.NewSecret("${secret(m)}", "HUNTER2")},
		}}
		err := g.Put(t.Context(), r)
		if classOf(err) != gateway.Refused || strings.Contains(err.Error(), "HUNTER2") {
			t.Errorf("err = %v", err)
		}
	})
}
