package skew_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/skew"
)

// drawRepo makes two environments over one base, in which every value is a template; own says whether the second writes values of
// its own as well, and how many it wrote.
func drawRepo(t *rapid.T, own bool) (repo fstest.MapFS, written map[string]bool) {
	base, second := "upstreams:\n", "upstreams:\n  own: {nodes: {\"own:80\": 1}}\n"
	written = map[string]bool{"upstreams/own": true}
	for i := range rapid.IntRange(1, 6).Draw(t, "resources") {
		base += fmt.Sprintf("  u%d: {nodes: {\"${vars.host}:%d\": 1}, retries: \"${vars.n}\", desc: \"${environment} %d\"}\n", i, i+1, i)
		if rapid.Bool().Draw(t, "override") {
			second += fmt.Sprintf("  u%d: {retries: 7}\n", i)
			written[fmt.Sprintf("upstreams/u%d", i)] = true
		}
	}
	repo = fstest.MapFS{}
	put := func(name, text string) { repo[name] = &fstest.MapFile{Data: []byte(text)} }
	put("sluice.yaml", "version: 1\n")
	put("base/u.yaml", base)
	put("environments/a/environment.yaml", "extends: base\ngroups: [a1, a2]\nvars: {host: a, n: 1}\n")
	put("environments/b/environment.yaml", "extends: base\ngroups: [b1]\nvars: {host: b, n: 2}\n")
	if own {
		put("environments/b/own.yaml", second)
	}
	return repo, written
}

func TestVariablesAloneAreNoSkew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		repo, _ := drawRepo(rt, false)
		left, meant := skew.Unmeant(skew.Environments(side(t, repo, "a"), side(t, repo, "b")))
		if len(left) > 0 || meant == 0 {
			rt.Fatalf("%d are meant, and left are %v", meant, left)
		}
	})
}

func TestWhatIsWrittenShows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		repo, written := drawRepo(rt, true)
		left, _ := skew.Unmeant(skew.Environments(side(t, repo, "a"), side(t, repo, "b")))
		shown := map[string]bool{}
		for _, d := range left {
			shown[d.Key.String()] = true
			for _, f := range d.Fields {
				if f.SecondFrom.File != "environments/b/own.yaml" {
					rt.Fatalf("%s %s is said to be from %s", d.Key, f.Path, f.SecondFrom)
				}
			}
		}
		if diff := cmp.Diff(written, shown); diff != "" {
			rt.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// TestTheOtherWayRoundIsTheSame swaps the sides.
func TestTheOtherWayRoundIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		repo, _ := drawRepo(rt, true)
		there := skew.Environments(side(t, repo, "a"), side(t, repo, "b"))
		back := skew.Environments(side(t, repo, "b"), side(t, repo, "a"))
		mirrored := map[skew.Op]skew.Op{skew.OnlyFirst: skew.OnlySecond, skew.OnlySecond: skew.OnlyFirst, skew.Differs: skew.Differs}
		for i := range back {
			back[i].Op = mirrored[back[i].Op]
			back[i].FirstGroups, back[i].SecondGroups = back[i].SecondGroups, back[i].FirstGroups
			for j, f := range back[i].Fields {
				f.First, f.Second, f.FirstFrom, f.SecondFrom = f.Second, f.First, f.SecondFrom, f.FirstFrom
				back[i].Fields[j] = f
			}
		}
		if diff := cmp.Diff(there, back); diff != "" {
			rt.Fatalf("(-there +back)\n%s", diff)
		}
	})
}

func TestCommitsCompareGroupByGroup(t *testing.T) {
	state := func(retries int64) gateway.State {
		key := gateway.Key{Kind: gateway.Upstreams, ID: "u"}
		return gateway.State{key: {Key: key, Spec: map[string]any{"retries": retries}}}
	}
	first := skew.Side{Groups: []string{"a", "b", "gone"}, States: map[string]gateway.State{"a": state(1), "b": state(2), "gone": state(3)}}
	second := skew.Side{Groups: []string{"b", "a", "new"}, States: map[string]gateway.State{"a": state(1), "b": state(5), "new": state(3)}}
	var got []string
	for _, d := range skew.Commits(first, second) {
		got = append(got, fmt.Sprintf("%s %v %v %d", d.Op, d.FirstGroups, d.SecondGroups, len(d.Fields)))
	}
	want := []string{"differs [b] [b] 1", "only-first [gone] [gone] 0", "only-second [new] [new] 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNoSecretIsShown puts resolved secrets on both sides and looks for them in every form.
func TestNoSecretIsShown(t *testing.T) {
	state := func(value string) gateway.State {
		key := gateway.Key{Kind: gateway.Consumers, ID: "c"}
		secret := gateway.NewSecret("${secret(x)}", value)
		return gateway.State{key: {Key: key, Spec: map[string]any{"desc": secret, "plugins": map[string]any{"x": map[string]any{"key": secret}}}, Origin: &gateway.Origin{}}}
	}
	first := skew.Side{Name: "a", Groups: []string{"g"}, States: map[string]gateway.State{"g": state("CANARY-1")}}
	second := skew.Side{Name: "b", Groups: []string{"h"}, States: map[string]gateway.State{"h": state("CANARY-2")}}
	for _, other := range []skew.Side{second, {Name: "b", Groups: []string{"h"}}} {
		all := skew.Environments(first, other)
		document, err := json.Marshal(skew.Documents(all))
		if err != nil || len(all) == 0 {
			t.Fatalf("%v, %d differences", err, len(all))
		}
		if text := told(first, other) + string(document) + fmt.Sprintf("%v %+v", all, all); strings.Contains(text, "CANARY") {
			t.Errorf("a secret shows:\n%s", text)
		}
	}
}
