package render_test

import (
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// failingOnce is a file system of which one read fails, the one of that number.
type failingOnce struct {
	fs.FS
	reads *int
	fails int
}

func (f failingOnce) Open(name string) (fs.File, error) {
	if *f.reads++; *f.reads == f.fails {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("out of order")}
	}
	return f.FS.Open(name)
}

// TestNoReadMayBeMissed lets each read of a render fail in turn: either there is no state, or it is the whole one. The
// pass after it has the whole one again.
func TestNoReadMayBeMissed(t *testing.T) {
	// No layer needs another one, so that nothing but the failure itself tells of a layer that is missing.
	repo := repoOf(txtar.Parse([]byte("-- sluice.yaml --\nversion: 1\n" +
		"-- base/up.yaml --\nupstreams:\n  up: {nodes: {\"h:1\": 1}}\n" +
		"-- base/deep/more.yaml --\nupstreams:\n  more: {nodes: {\"h:2\": 1}}\n" +
		"-- environments/uat/environment.yaml --\nextends: base\ngroups: [uat-eu]\n" +
		"-- environments/uat/own.yaml --\nupstreams:\n  uat: {nodes: {\"h:3\": 1}}\n" +
		"-- environments/prod/environment.yaml --\nextends: environments/uat\ngroups: [prod-eu]\n" +
		"-- environments/prod/own.yaml --\nupstreams:\n  prod: {nodes: {\"h:4\": 1}}\n" +
		"-- environments/prod/groups/prod-eu/own.yaml --\nupstreams:\n  eu: {nodes: {\"h:5\": 1}}\n")))
	r := render.New()
	digest := func(fails int) (digest string, reads int) {
		fsys := failingOnce{repo, &reads, fails}
		tree := environments.Load(fsys)
		prod, _ := tree.Find("prod")
		state, _ := r.Render(fsys, tree, prod, "prod-eu", nil)
		if state != nil {
			digest = state.Digest()
		}
		return digest, reads
	}
	whole, reads := digest(0)
	if whole == "" {
		t.Fatal("the repo does not render")
	}
	for fails := range reads {
		if got, _ := digest(fails + 1); got != "" && got != whole {
			t.Errorf("read %d fails, and another state is rendered", fails+1)
		}
		if got, _ := digest(0); got != whole {
			t.Errorf("after the failure of read %d the whole state is not rendered", fails+1)
		}
	}
}
