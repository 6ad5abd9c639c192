package standalone_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
	"github.com/sluice-gitops/sluice/plan"
)

var _ apply.Batcher = (*standalone.Gateway)(nil)

// drawState makes a state without dangling references, of most kinds.
func drawState(t *rapid.T) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		if kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		key := gateway.Key{Kind: kind, ID: id}
		state[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
	}
	some := func(what string) bool { return rapid.Bool().Draw(t, what) }
	pick := func(what string) string { return rapid.SampledFrom([]string{"a", "b"}).Draw(t, what) }
	for _, id := range []string{"u0", "u1"} {
		put(gateway.Upstreams, id, map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}, "desc": pick("desc")})
	}
	for i := range 3 {
		if some("consumer") {
			put(gateway.Consumers, fmt.Sprint("jack", i), map[string]any{"desc": pick("consumer desc")})
			put(gateway.Credentials, fmt.Sprintf("jack%d/c", i), map[string]any{"plugins": map[string]any{
				"key-auth": map[string]any{"key": fmt.Sprint(pick("key"), i)}}})
		}
		if some("service") {
			put(gateway.Services, fmt.Sprint("s", i), map[string]any{"upstream_id": "u" + fmt.Sprint(i%2)})
			if some("route of a service") {
				put(gateway.Routes, fmt.Sprint("rs", i), map[string]any{"uri": "/" + pick("uri"), "service_id": fmt.Sprint("s", i), "hosts": []any{fmt.Sprintf("h%d", i)}})
			}
		}
	}
	for _, plugin := range []string{"cors", "request-id"} {
		if some("global rule") {
			put(gateway.GlobalRules, "g"+pick("rule"), map[string]any{"plugins": map[string]any{plugin: map[string]any{}}})
		}
	}
	if some("stream route") {
		put(gateway.StreamRoutes, "st", map[string]any{"server_port": int64(9100), "upstream_id": "u" + fmt.Sprint(len(pick("upstream")))})
	}
	if some("metadata") {
		put(gateway.PluginMetadata, "http-logger", map[string]any{"log_format": map[string]any{"h": "$" + pick("format")}})
	}
	return state
}

// trouble is what happens between and during two passes.
func (n *network) trouble(t *rapid.T, tt *testing.T, foreign gateway.State) {
	number := rapid.IntRange(0, len(n.servers)-1).Draw(t, "instance")
	switch rapid.SampledFrom([]string{"none", "restart", "restart all", "foreign", "deaf", "down"}).Draw(t, "trouble") {
	case "restart":
		n.servers[number].Restart()
	case "restart all":
		for _, server := range n.servers {
			server.Restart()
		}
	case "foreign":
		r := res(tt, fmt.Sprint("routes/theirs", len(foreign)), `{"uri": "/theirs", "plugins": {}}`)
		other := n.group(tt, hurried)
		live(tt, other)
		write(tt, other, r)
		foreign[r.Key] = r
	case "deaf":
		n.set(n.deaf, number, true)
	case "down": // from the next PUT on
		n.onPut(func(*http.Request) { n.set(n.down, number, true) })
	}
}

// pass reads, plans and applies, and reports whether anything is left to do.
func pass(tt *testing.T, g *standalone.Gateway, desired gateway.State, owned []gateway.Key) error {
	have, err := g.Live(tt.Context())
	if err != nil {
		return err
	}
	defaults, err := g.Defaults(tt.Context())
	if err != nil {
		return err
	}
	policy := plan.Policy{Guard: plan.Guard{MaxDeletePercent: new(100)}, Inventory: owned, Empty: true}
	p := plan.New(desired, gateway.Align(desired, have, defaults), policy)
	_, err = apply.Run(tt.Context(), g, p, apply.Options{})
	return err
}

// TestEveryInstanceEndsAsDesired takes instances through random states, with restarts, others who write, lost answers and
// instances that are away: each ends as desired beside what is foreign, and a second pass sends nothing.
func TestEveryInstanceEndsAsDesired(t *testing.T) {
	n := newNetwork(t, 2, nil)
	rapid.Check(t, func(rt *rapid.T) {
		n.fresh()
		g := n.group(t, hurried)
		foreign, owned := gateway.State{}, map[gateway.Key]bool{}
		for range rapid.IntRange(1, 3).Draw(rt, "states") {
			desired := drawState(rt)
			maps.Copy(owned, keysOf(desired))
			n.trouble(rt, t, foreign)
			err := pass(t, g, desired, keyList(owned))
			n.onPut(nil)
			clear(n.deaf)
			clear(n.down)
			if err != nil {
				err = pass(t, g, desired, keyList(owned))
			}
			if err != nil {
				rt.Fatalf("without trouble: %v", err)
			}
			n.ends(rt, t, g, desired, foreign)
		}
	})
}

// hurried waits for nothing.
func hurried(cfg *standalone.Config) {
	cfg.Spacing, cfg.SettleTime = time.Nanosecond, time.Nanosecond
}

// ends checks that every instance is as desired, and that there is nothing left to do for this process or another.
func (n *network) ends(rt *rapid.T, t *testing.T, g *standalone.Gateway, desired, foreign gateway.State) {
	want := maps.Clone(desired)
	maps.Copy(want, foreign)
	puts := len(n.puts)
	for _, reader := range []*standalone.Gateway{g, n.group(t, hurried)} {
		got := live(t, reader)
		aligned := gateway.Align(want, got, nil)
		if aligned.Digest() != want.Digest() {
			rt.Fatalf("live is %v, want %v", aligned.Keys(), want.Keys())
		}
		if err := pass(t, reader, desired, want.Keys()[:0]); err != nil {
			rt.Fatal(err)
		}
	}
	for number := range n.servers {
		first, other := n.document(t, 0), n.document(t, number)
		delete(first, "X-Last-Modified")
		delete(other, "X-Last-Modified")
		if diff := cmp.Diff(first, other); diff != "" {
			rt.Fatalf("instance %d (-0 +%d)\n%s", number, number, diff)
		}
	}
	if len(n.puts) != puts {
		rt.Fatalf("a second pass put %d documents", len(n.puts)-puts)
	}
	if g.Refills() > int64(len(n.puts)) {
		rt.Fatalf("%d refills", g.Refills())
	}
}

func keysOf(state gateway.State) map[gateway.Key]bool {
	keys := map[gateway.Key]bool{}
	for key := range state {
		keys[key] = true
	}
	return keys
}

func keyList(keys map[gateway.Key]bool) []gateway.Key {
	var list []gateway.Key
	for key := range keys {
		list = append(list, key)
	}
	return list
}
