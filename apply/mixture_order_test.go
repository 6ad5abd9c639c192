package apply_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// drawShared makes a state in which few definitions are shared by many routes, joined, left and changed in place. Every target is
// answered, by a route with a backend, a mark and perhaps a wish for a key of its own or of what it is on.
func (w *world) drawShared(t *testing.T, b backends) gateway.State {
	var lines strings.Builder
	put := func(id string, fields ...string) {
		var set []string
		for _, field := range fields {
			if field != "" {
				set = append(set, field)
			}
		}
		fmt.Fprintf(&lines, "%s {%s}\n", id, strings.Join(set, ", "))
	}
	maybe := func(text string) string {
		if w.rand.IntN(2) == 0 {
			return ""
		}
		return text
	}
	node := func() string { return fmt.Sprintf(`"nodes": {"$%c": 1}`, 'A'+w.rand.IntN(3)) }
	plugins := func() string {
		list := []string{fmt.Sprintf(`"response-rewrite": {"headers": {"set": {"X-Mark": "%d"}}}`, w.rand.IntN(4))}
		if w.rand.IntN(3) == 0 {
			list = append(list, withKey)
		}
		return `"plugins": {` + strings.Join(list, ", ") + `}`
	}
	put("consumers/jack")
	put("credentials/jack/k", `"plugins": {"key-auth": {"key": "k1"}}`)
	for i := range 2 {
		put(fmt.Sprint("upstreams/u", i), node())
		put(fmt.Sprint("services/s", i), fmt.Sprintf(`"upstream_id": "u%d"`, w.rand.IntN(2)), maybe(plugins()))
		put(fmt.Sprint("plugin_configs/p", i), plugins())
	}
	ids := w.rand.Perm(len(targets) + 1)
	for i, target := range targets {
		where := fmt.Sprintf(`"service_id": "s%d"`, w.rand.IntN(2))
		if w.rand.IntN(3) == 0 {
			where = fmt.Sprintf(`"upstream_id": "u%d"`, w.rand.IntN(2))
		}
		put(fmt.Sprint("routes/r", ids[i]), where, fmt.Sprintf(`"uri": %q, "hosts": [%q]`, target.uri, target.host),
			maybe(fmt.Sprintf(`"plugin_config_id": "p%d"`, w.rand.IntN(2))), maybe(plugins()))
	}
	return b.state(t, lines.String(), nil)
}

// wander takes the gateway through random states under traffic and returns what was met that is neither the old nor the new.
func (w *world) wander(b backends, states int, gw func() apply.Gateway, reorder func(plan.Plan) plan.Plan) []string {
	var probes []probe
	for _, target := range targets {
		probes = append(probes, probe(target.host+target.uri), probe("k1@"+target.host+target.uri))
	}
	w.become(w.t.Context(), w.settled(), w.drawShared(w.t, b), asPlanned)
	var list []string
	for range states {
		from, want := maps.Clone(w.state), w.drawShared(w.t, b)
		old := w.settledNow(probes)
		ctx, cancel := context.WithCancel(w.t.Context())
		stop := w.watch(ctx, probes)
		w.become(w.t.Context(), gw(), want, reorder)
		next := w.settledNow(probes)
		cancel()
		if found := misses(stop(), old, next); len(found) > 0 {
			shown := planText(plan.New(want, from, plan.Policy{Inventory: from.Keys()}))
			list = append(list, strings.Join(found, "\n")+"\nby the plan\n"+shown)
		}
	}
	return list
}

// TestOnlyTheOldOrTheNewIsMet takes gateways with lagging workers through random states: no request meets another backend, another mark
// of a plugin or another answer of an authentication than before or after.
func TestOnlyTheOldOrTheNewIsMet(t *testing.T) {
	for seed := range *runs {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, seed), newBackends(t, "A", "B", "C")
			for _, miss := range w.wander(b, 4, func() apply.Gateway { return w.settled() }, asPlanned) {
				t.Error(miss)
			}
		})
	}
}

// TestAMixtureIsSeen is the counter-proof: the same traffic meets something else when everything is written at once.
func TestAMixtureIsSeen(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		w, b := newWorld(t, seed), newBackends(t, "A", "B", "C")
		if len(w.wander(b, 4, func() apply.Gateway { return forced{unsettled{w.client}} }, naive)) > 0 {
			return
		}
	}
	t.Error("nothing but the old and the new was met though nothing was in order: the traffic sees nothing")
}
