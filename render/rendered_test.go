package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/environments"
)

// unchanging is a repo of one commit: what has a hash never changes.
type unchanging struct{ fstest.MapFS }

func (u unchanging) Hash(path string) (string, bool) { return path, true }

// TestWhatFindsNoRoomIsRenderedAgain renders groups whose states weigh more than what is kept: they come out the same, no file is parsed
// again, and a digest that is known costs nothing.
func TestWhatFindsNoRoomIsRenderedAgain(t *testing.T) {
	var groups, first, second []string
	for i := range 10 {
		groups = append(groups, fmt.Sprintf("g%d", i))
	}
	fsys := unchanging{fstest.MapFS{
		"sluice.yaml":                        {Data: []byte("version: 1\n")},
		"environments/prod/environment.yaml": {Data: []byte("extends: base\ngroups: [" + strings.Join(groups, ", ") + "]\n")},
		"base/r.yaml":                        {Data: []byte("upstreams: {u: {nodes: {\"h:1\": 1}}}\nroutes: {r: {uri: /r, host: \"${group}\", upstream_id: u}}\n")},
	}}
	r := New()
	r.room = 5000 // the states of five
	tree := environments.Load(fsys)
	env, _ := tree.Find("prod")
	each := func(do func(group string)) Stats {
		before := r.Stats()
		for _, group := range groups {
			do(group)
		}
		after := r.Stats()
		return Stats{after.FilesParsed - before.FilesParsed, after.GroupsRendered - before.GroupsRendered, after.GroupsReused - before.GroupsReused}
	}
	render := func(into *[]string) func(string) {
		return func(group string) {
			state, faults := r.Render(fsys, tree, env, group, nil)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			*into = append(*into, state.Digest())
		}
	}
	if got, want := each(render(&first)), (Stats{1, 10, 0}); got != want {
		t.Errorf("first: %+v, want %+v", got, want)
	}
	if got, want := each(render(&second)), (Stats{0, 5, 5}); got != want {
		t.Errorf("again: %+v, want %+v", got, want)
	}
	if !slices.Equal(first, second) {
		t.Error("a group came out otherwise the second time")
	}
	digest := func(group string) {
		if got, faults := r.Digest(fsys, tree, env, group, nil); got != first[slices.Index(groups, group)] || len(faults) > 0 {
			t.Errorf("the digest of %s is %s: %v", group, got, faults)
		}
	}
	each(digest)
	if got, want := each(digest), (Stats{0, 0, 1}); got != want { // what is said of the first group depends on the others
		t.Errorf("digests that are known: %+v, want %+v", got, want)
	}
}
