package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// drawRepo makes a config repo of three layers in which little is settled without the others: routes and the services that they get
// hosts and paths from are defined, overridden and removed at different heights, with variables and without.
func drawRepo(t *rapid.T) fstest.MapFS {
	repo := fstest.MapFS{"sluice.yaml": {Data: []byte("version: 1\n")}}
	text := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	for height, dir := range []string{"base", "environments/e", "environments/e/groups/g"} {
		var b strings.Builder
		section := func(kind string, bodies func(id string) string) {
			fmt.Fprintf(&b, "%s:\n", kind)
			for i := range 5 {
				if rapid.IntRange(0, 3).Draw(t, "there") < 3-2*min(height, 1) {
					fmt.Fprintf(&b, "  x%d: %s\n", i, bodies(fmt.Sprintf("x%d", i)))
				}
			}
			b.WriteString("  own: {labels: {a: b}}\n")
		}
		section("upstreams", func(string) string {
			return text("upstream", "{nodes: {\"h:1\": 1}}", "{nodes: {\"h:1\": 0}}", "{nodes: {\"${vars.host}:1\": 1}}", "{retries: 1}", "!reset")
		})
		section("services", func(string) string {
			return text("service", "{upstream_id: x1}", "{hosts: [a]}", "{hosts: [\"${vars.host}\"], upstream_id: x2}", "{plugins: {redirect: {uri: /}}}", "!reset")
		})
		section("routes", func(string) string {
			uri := text("uri", "/a", "/b", `"/${vars.host}"`)
			served := "{uri: " + uri + ", service_id: " + text("service of", "x0", "x1", "x2", "x9") + "}"
			direct := "{uri: " + uri + ", upstream_id: " + text("upstream of", "x0", "x1", "x2") + "}"
			return text("route", direct, direct, served, served, "!reset", "{host: \"${vars.host}\"}", "{status: 0}", "{host: a}")
		})
		repo[dir+"/f.yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	vars, extends := text("host", "a", "b"), text("extends", "[base]", "base")
	repo["environments/e/environment.yaml"] = &fstest.MapFile{Data: []byte("extends: " + extends + "\nvars: {host: " + vars + "}\ngroups: [g" +
		text("second", "", ", h") + "]\n")}
	return repo
}

// TestWhatIsNotLookedAtAgainIsInOrder looks at the whole of a state, and finds what the look at the suspects has found.
func TestWhatIsNotLookedAtAgainIsInOrder(t *testing.T) {
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		repo := drawRepo(t)
		tree := environments.Load(repo)
		env, _ := tree.Find("e")
		j := job{renderer: New(), fsys: repo, env: env, group: "g", layers: layersOf(env, "g")}
		if j.render(tree.Settings); j.floor == nil {
			t.Fatalf("not rendered: %v", j.faults)
		}
		want := conflicts(j.state, j.state.Keys(), j.set).Sorted()
		for _, fault := range want {
			met[fault.Code]++
		}
		if diff := cmp.Diff(linesOf(want), linesOf(conflicts(j.state, j.suspects(), j.set).Sorted())); diff != "" {
			t.Fatalf("conflicts (-whole +suspects):\n%s", diff)
		}
		if diff := cmp.Diff(danglingIn(&j), codesOf(j.faults, "dangling-reference")); diff != "" {
			t.Fatalf("dangling (-whole +floor):\n%s", diff)
		}
		met["dangling-reference"] += len(danglingIn(&j))
	})
	for _, code := range []string{"route-conflict", "no-upstream", "no-nodes", "dangling-reference"} {
		if met[code] == 0 {
			t.Errorf("no repo had a %s: %v", code, met)
		}
	}
}

// danglingIn looks at every reference of a state.
func danglingIn(j *job) []string {
	var found []string
	defined := map[gateway.Key]bool{}
	for key, stack := range stacksOf(j.read) {
		defined[key] = stack[len(stack)-1].body.tag != "!reset"
	}
	for key, r := range j.state {
		for _, ref := range gateway.Refs(r) {
			if !ref.Soft && !defined[ref.To] {
				found = append(found, fmt.Sprintf("%s refers to %s, which does not exist in e", key, ref.To))
			}
		}
	}
	slices.Sort(found)
	return found
}

func codesOf(faults diag.List, code string) []string {
	var found []string
	for _, fault := range faults {
		if fault.Code == code {
			found = append(found, fault.What)
		}
	}
	slices.Sort(found)
	return found
}

func linesOf(faults diag.List) []string {
	var all []string
	for _, fault := range faults {
		all = append(all, fault.Error())
	}
	return all
}

// TestSlimmingChangesNothing takes a body apart again, and finds the nodes that were dropped.
func TestSlimmingChangesNothing(t *testing.T) {
	const text = "routes: {a: {uri: /a, methods: [GET, PUT], plugins: {cors: {}, limit-count: {count: 1.5, policy: local, on: true}}, labels: {x: \"${vars.x}\"}}}\n"
	f := parseFragment("", "a.yaml", []byte(text), nil)
	body := f.pieces[0].body
	for _, entry := range body.entries() {
		again := restored(entry.value.value, true, entry.value.origin)
		if entry.value.done && (again.size != entry.value.size || again.values != entry.value.values || again.kind != entry.value.kind) {
			t.Errorf("%s: size %d, %d values, want %d and %d", entry.key, again.size, again.values, entry.value.size, entry.value.values)
		}
		m := merger{}
		if whole := m.merge(again, entry.value); entry.value.done && !gateway.Equal(whole.value, entry.value.value) {
			t.Errorf("%s laid over itself is %v", entry.key, whole.value)
		}
	}
}

// TestWeigh keeps entries as long as all of them weigh no more than is allowed.
func TestWeigh(t *testing.T) {
	var s store[int]
	kept := func(key string, pass, bytes int) bool {
		s.get(key, pass, func() int { return 0 })
		ok := s.weigh(key, pass, bytes, 25)
		if !ok {
			s.drop(key)
		}
		return ok
	}
	if !kept("a", 1, 10) || !kept("b", 1, 10) || kept("c", 1, 10) || !kept("d", 1, 5) {
		t.Error("what fits was dropped, or what does not was kept")
	}
	if s.drop("a"); !kept("c", 1, 10) {
		t.Error("the room of what was dropped is not given to others")
	}
	if !kept("e", 2, 25) || s.len() != 1 {
		t.Errorf("%d entries are kept, of which only one was asked for in this pass", s.len())
	}
}
