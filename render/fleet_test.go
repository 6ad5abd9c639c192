package render_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// TestOneFileIsParsedAndOnlyItsHeirsRendered goes from commit to commit of a real repository with one Renderer, and counts. Twelve
// environments inherit base; the first four inherit services/user as well, the next two at a pin.
func TestOneFileIsParsedAndOnlyItsHeirsRendered(t *testing.T) {
	user := "services:\n  user: {upstream_id: u0, hosts: [\"${vars.domain}\"]}\n"
	repo := newGit(t, map[string]string{
		"sluice.yaml": "version: 1\n", "services/user/user.yaml": user, "services/user/more.yaml": "upstreams: {more: {nodes: {\"h:1\": 1}}}\n",
		"base/a.yaml": "upstreams: {u0: {nodes: {\"${vars.domain}:80\": 1}}}\n", "base/b.yaml": "routes: {r: {uri: /r, upstream_id: u0}}\n",
	})
	pin := repo.run("rev-parse", "HEAD")
	files := map[string]string{}
	environment := func(i int, pin string) (name, text string) {
		extends := "base"
		if i < 4 {
			extends = "base, services/user"
		} else if i < 6 {
			extends = "base, {path: services/user, revision: " + pin + "}"
		}
		return fmt.Sprintf("environments/e%02d/environment.yaml", i), fmt.Sprintf("extends: [%s]\ngroups: [g%02d]\nvars: {domain: e%02d}\n", extends, i, i)
	}
	for i := range 12 {
		name, text := environment(i, pin)
		files[name] = text
		files[fmt.Sprintf("environments/e%02d/own.yaml", i)] = "routes: {r: {methods: [GET]}}\n"
	}
	repo.commit(files)
	movedName, _ := environment(4, pin)
	steps := []struct {
		what             string
		change           func() map[string]string
		parsed, rendered int64
	}{
		{"first", func() map[string]string { return map[string]string{"README.md": "one"} }, 18, 12},
		{"nothing that is read", func() map[string]string { return map[string]string{"README.md": "two"} }, 0, 0},
		{"a file of all", func() map[string]string {
			return map[string]string{"base/a.yaml": "upstreams: {u0: {nodes: {\"h:80\": 1}}}\n"}
		}, 1, 12},
		{"a file of four, and of two at a pin", func() map[string]string {
			return map[string]string{"services/user/user.yaml": user + "  other: {upstream_id: u0}\n"}
		}, 1, 4},
		{"a file of one", func() map[string]string {
			return map[string]string{"environments/e11/own.yaml": "routes: {r: {methods: [PUT]}}\n"}
		}, 1, 1},
		{"a pin, to a commit at which one of two files is new", func() map[string]string {
			_, text := environment(4, repo.run("rev-parse", "HEAD"))
			return map[string]string{movedName: text}
		}, 2, 1},
		{"nothing but the place of a file", func() map[string]string {
			repo.run("mv", "base/b.yaml", "base/c.yaml")
			return nil
		}, 1, 12},
	}
	repository, r := mirror(t, repo.dir), render.New()
	for _, step := range steps {
		repo.commit(step.change())
		before := r.Stats()
		digests := map[string]string{}
		pass(t, repository, r, func(group string, state gateway.State) { digests[group] = state.Digest() })
		after := r.Stats()
		if parsed, rendered := after.FilesParsed-before.FilesParsed, after.GroupsRendered-before.GroupsRendered; parsed != step.parsed || rendered != step.rendered {
			t.Errorf("%s: %d files parsed and %d groups rendered, want %d and %d", step.what, parsed, rendered, step.parsed, step.rendered)
		}
		pass(t, repository, render.New(), func(group string, state gateway.State) {
			if got := state.Digest(); got != digests[group] {
				t.Errorf("%s: %s is %s from the cache and %s without", step.what, group, digests[group], got)
			}
		})
	}
}
