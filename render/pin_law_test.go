package render_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// pastOf is a past of these commits, by whole hash.
func pastOf(commits map[string]fs.FS) environments.Past {
	return func(text string) (source.Snapshot, error) {
		fsys, ok := commits[text]
		if !ok {
			return source.Snapshot{}, source.ErrUnknownCommit
		}
		return source.Snapshot{Commit: source.Commit{Hash: text}, FS: fsys}, nil
	}
}

func hashNumber(n int) string { return fmt.Sprintf("%040x", n) }

// renderPinned renders the first group of an environment.
func renderPinned(t testing.TB, r *render.Renderer, repo fs.FS, past environments.Past, name string) gateway.State {
	t.Helper()
	tree := environments.LoadPinned(repo, nil, past)
	env, ok := tree.Find(name)
	if !ok {
		t.Fatalf("no environment %s", name)
	}
	state, faults := r.Render(repo, tree, env, env.Groups()[0], nil)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return state
}

// TestPinningEveryLayerAtHeadChangesNothing: a pin says when, and nothing else.
func TestPinningEveryLayerAtHeadChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		repo := map[string]string{"sluice.yaml": "version: 1\nvars: {a: 1}\n"}
		var plain, pinned []string
		for i := range rapid.IntRange(1, 6).Draw(rt, "layers") {
			dir := fmt.Sprintf("layers/l%d", i)
			plain, pinned = append(plain, dir), append(pinned, fmt.Sprintf("{path: %s, revision: %q}", dir, hashNumber(7)))
			for j := range rapid.IntRange(1, 3).Draw(rt, "files") {
				id := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(rt, "id")
				repo[fmt.Sprintf("%s/f%d.yaml", dir, j)] = fmt.Sprintf(
					"upstreams:\n  %s%d: {nodes: {\"${vars.host}:%d\": \"${vars.a}\"}, retries: %d}\n", id, j, 80+i, rapid.IntRange(0, 9).Draw(rt, "retries"))
			}
		}
		head := "groups: [eu]\nvars: {host: h}\nextends: ["
		repo["environments/e/environment.yaml"] = head + strings.Join(plain, ", ") + "]\n"
		want := renderPinned(t, render.New(), snapshotOf(repo), nil, "e")
		past := pastOf(map[string]fs.FS{hashNumber(7): snapshotOf(maps.Clone(repo))})
		repo["environments/e/environment.yaml"] = head + strings.Join(pinned, ", ") + "]\n"
		got := renderPinned(t, render.New(), snapshotOf(repo), past, "e")
		if got.Digest() != want.Digest() {
			rt.Fatalf("pinned: %v\nnot pinned: %v", got, want)
		}
		for key := range got {
			if pos := got[key].Origin.Pos; pos.Revision != hashNumber(7) {
				rt.Fatalf("%s is said to be from %s", key, pos)
			}
		}
	})
}

// TestOnlyThePinMoves goes from commit to commit with one Renderer: the state and its places are those of the pin, and a layer that
// was read at a commit is not read there again.
func TestOnlyThePinMoves(t *testing.T) {
	commits := map[string]fs.FS{}
	for i, retries := range []int{1, 2, 2} {
		commits[hashNumber(i+1)] = snapshotOf(map[string]string{"base/u.yaml": fmt.Sprintf("upstreams: {u: {nodes: {\"a:80\": 1}, retries: %d}}\n", retries)})
	}
	head := func(pin int) fs.FS {
		return snapshotOf(map[string]string{
			"sluice.yaml":                     "version: 1\n",
			"base/u.yaml":                     "upstreams: {u: {nodes: {\"a:80\": 1}, retries: 9}}\n",
			"environments/e/environment.yaml": fmt.Sprintf("extends: [{path: base, revision: %q}]\ngroups: [eu]\n", hashNumber(pin)),
		})
	}
	r, digests := render.New(), map[int]string{}
	key := gateway.Key{Kind: gateway.Upstreams, ID: "u"}
	for _, pin := range []int{1, 2, 3, 2, 2} {
		state := renderPinned(t, r, head(pin), pastOf(commits), "e")
		fresh := renderPinned(t, render.New(), head(pin), pastOf(commits), "e")
		if state.Digest() != fresh.Digest() {
			t.Errorf("pin %d: the cache gives %v", pin, state)
		}
		if got := state[key].Origin.Place(gateway.Path{gateway.Field("retries")}).Revision; got != hashNumber(pin) {
			t.Errorf("pin %d: the place says %s", pin, got)
		}
		digests[pin] = state.Digest()
	}
	if digests[1] == digests[2] || digests[2] != digests[3] {
		t.Errorf("digests %v", digests)
	}
	if got := r.Stats().FilesParsed; got != 3 {
		t.Errorf("%d files were parsed for three commits", got)
	}
}

// TestAThousandPins reads a thousand layers, each at a commit of its own.
func TestAThousandPins(t *testing.T) {
	commits, repo := map[string]fs.FS{}, map[string]string{"sluice.yaml": "version: 1\n"}
	var extends strings.Builder
	for i := range 1000 {
		dir := fmt.Sprintf("services/s%d", i)
		commits[hashNumber(i+1)] = snapshotOf(map[string]string{dir + "/u.yaml": fmt.Sprintf("upstreams: {u%d: {nodes: {\"a:80\": 1}}}\n", i)})
		fmt.Fprintf(&extends, "  - {path: %s, revision: %q}\n", dir, hashNumber(i+1))
	}
	repo["environments/e/environment.yaml"] = "groups: [eu]\nextends:\n" + extends.String()
	if state := renderPinned(t, render.New(), snapshotOf(repo), pastOf(commits), "e"); len(state) != 1000 {
		t.Errorf("%d resources", len(state))
	}
}
