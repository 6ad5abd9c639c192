package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// drawState makes a state without dangling references: a few upstreams, services on them, routes on either, consumers with
// credentials, and global rules.
func drawState(t *rapid.T, label string) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		if kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	pick := func(what string, n int) []int {
		return rapid.SliceOfNDistinct(rapid.IntRange(0, 4), 0, n, rapid.ID).Draw(t, label+what)
	}
	upstreams := append(pick("upstreams", 4), 9)
	for _, i := range upstreams {
		put(gateway.Upstreams, fmt.Sprint("u", i), map[string]any{"retries": int64(rapid.IntRange(0, 2).Draw(t, "retries"))})
	}
	services := pick("services", 3)
	for _, i := range services {
		spec := map[string]any{}
		if rapid.Bool().Draw(t, "upstream on the service") {
			spec["upstream_id"] = fmt.Sprint("u", rapid.SampledFrom(upstreams).Draw(t, "u"))
		}
		drawHosts(t, spec)
		put(gateway.Services, fmt.Sprint("s", i), spec)
	}
	for _, i := range pick("routes", 4) {
		spec := map[string]any{"uri": rapid.SampledFrom([]string{"/x", "/y", "/x/*", "/*"}).Draw(t, "uri")}
		drawHosts(t, spec)
		if len(services) > 0 && rapid.Bool().Draw(t, "on service") {
			spec["service_id"] = fmt.Sprint("s", rapid.SampledFrom(services).Draw(t, "s"))
		}
		if r := (gateway.Resource{Spec: spec}); state[serviceOf(r)].Spec["upstream_id"] == nil {
			spec["upstream_id"] = fmt.Sprint("u", rapid.SampledFrom(upstreams).Draw(t, "u"))
		}
		put(gateway.Routes, fmt.Sprint("r", i), spec)
	}
	for _, i := range pick("consumers", 2) {
		put(gateway.Consumers, fmt.Sprint("c", i), map[string]any{})
		put(gateway.Credentials, fmt.Sprintf("c%d/k", i), map[string]any{"plugins": map[string]any{
			"key-auth": map[string]any{"key": gateway.NewSecret("", fmt.Sprint(i))}}})
	}
	return state
}

// drawHosts gives a route or a service a host, a wildcard or none.
func drawHosts(t *rapid.T, spec map[string]any) {
	if host := rapid.SampledFrom([]string{"", "a.test", "b.test", "*.test"}).Draw(t, "host"); host != "" {
		spec["hosts"] = []any{host}
	}
}

// model carries out changes as the Admin API does: it refuses to write a dangling reference and to delete what is in use.
type model struct{ state gateway.State }

func (m model) do(c Change) error {
	if c.Op == Delete {
		for _, r := range m.state {
			for _, ref := range gateway.Refs(r) {
				if ref.To == c.Key && !ref.Soft && r.Key.Kind != gateway.Credentials {
					return fmt.Errorf("delete %s: %s still needs it", c.Key, r.Key)
				}
			}
		}
		delete(m.state, c.Key)
		return nil
	}
	for _, ref := range gateway.Refs(*c.New) {
		if _, ok := m.state[ref.To]; !ok && !ref.Soft {
			return fmt.Errorf("%s %s: %s is missing", c.Op, c.Key, ref.To)
		}
	}
	m.state[c.Key] = *c.New
	return nil
}

// inOrder lists the changes as apply sends them: within a step kind by kind, deletes in reverse.
func inOrder(p Plan) []Change {
	var all []Change
	for _, step := range p.Steps {
		var deletes []Change
		for _, change := range step.Changes {
			if change.Op == Delete {
				deletes = append([]Change{change}, deletes...)
			} else {
				all = append(all, change)
			}
		}
		all = append(all, deletes...)
	}
	return all
}

func TestPlanAfterApplyIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawState(t, "live"), drawState(t, "want")
		m := model{maps.Clone(live)}
		for _, change := range inOrder(New(want, live, Policy{})) {
			if err := m.do(change); err != nil {
				t.Fatal(err)
			}
		}
		if again := New(want, m.state, Policy{}); !again.Empty() {
			t.Fatalf("a second plan is not empty:\n%s", outline(again))
		}
	})
}

func TestNoPrefixOfAPlanDangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawState(t, "live"), drawState(t, "want")
		m := model{maps.Clone(live)}
		for _, change := range inOrder(New(want, live, Policy{})) {
			if err := m.do(change); err != nil {
				t.Fatal(err)
			}
			for _, r := range m.state {
				for _, ref := range gateway.Refs(r) {
					if _, ok := m.state[ref.To]; !ok {
						t.Fatalf("after %s %s: %s dangles to %s", change.Op, change.Key, r.Key, ref.To)
					}
				}
			}
		}
	})
}

func TestKillAtEveryWriteConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawState(t, "live"), drawState(t, "want")
		changes := inOrder(New(want, live, Policy{}))
		m := model{maps.Clone(live)}
		for _, change := range changes[:rapid.IntRange(0, len(changes)).Draw(t, "killed after")] {
			if err := m.do(change); err != nil {
				t.Fatal(err)
			}
		}
		for _, change := range inOrder(New(want, m.state, Policy{})) {
			if err := m.do(change); err != nil {
				t.Fatalf("after the restart: %v", err)
			}
		}
		if m.state.Digest() != want.Digest() {
			t.Fatal("the restart converged to another state")
		}
	})
}

// TestEveryMatchIsAnsweredThroughout says that what is answered before and after is answered by something in between.
func TestEveryMatchIsAnsweredThroughout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawState(t, "live"), drawState(t, "want")
		always := answered(live, answered(want, every()))
		m := model{maps.Clone(live)}
		for _, change := range inOrder(New(want, live, Policy{})) {
			if err := m.do(change); err != nil {
				t.Fatal(err)
			}
			if now := answered(m.state, always); len(now) < len(always) {
				t.Fatalf("after %s %s only %v is answered, want %v\n%s", change.Op, change.Key, now, always, outline(New(want, live, Policy{})))
			}
		}
	})
}

// every lists the requests that the law asks for.
func every() []match {
	var list []match
	for _, host := range []string{"a.test", "b.test", "c.test", "other"} {
		for _, uri := range []string{"/x", "/y", "/x/1", "/w"} {
			list = append(list, match{host: host, uri: uri})
		}
	}
	return list
}

// answered returns those of the requests that find a route, and an upstream behind it.
func answered(state gateway.State, requests []match) []match {
	index := coverage{}
	for _, r := range state {
		index.add(r, matches(state, r))
	}
	return slices.DeleteFunc(slices.Clone(requests), func(m match) bool {
		route, ok := index.find(m)
		return !ok || route.Spec["upstream"] == nil && route.Spec["upstream_id"] == nil && state[serviceOf(route)].Spec["upstream_id"] == nil
	})
}

func TestPlanIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawState(t, "live"), drawState(t, "want")
		first := New(want, live, Policy{})
		for range 5 {
			if again := New(maps.Clone(want), maps.Clone(live), Policy{}); again.Digest() != first.Digest() || outline(again) != outline(first) || again.Warnings.Error() != first.Warnings.Error() {
				t.Fatal("two plans of equal states differ")
			}
		}
	})
}
