package forge_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
)

func TestAMergeIsOfExactlyWhatWasPlanned(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		n := there.Opened("ann", "change", false).Number
		planned := there.Pull(n).Head
		head := there.Pushed(n)
		if _, err := f.Merge(t.Context(), n, planned, forge.Message{}); class(t, err) != forge.Outdated || there.Pull(n).State != "open" {
			t.Fatalf("a head that has moved: %v", err)
		}
		commit, err := f.Merge(t.Context(), n, head, forge.Message{Title: "Promote", Body: "Because."})
		if err != nil || commit == "" || commit != there.Pull(n).Merge {
			t.Fatalf("merged as %q, want %q: %v", commit, there.Pull(n).Merge, err)
		}
		if again, err := f.Merge(t.Context(), n, head, forge.Message{}); err != nil || again != commit {
			t.Errorf("merged already: %q, %v", again, err)
		}
		if _, err := f.Merge(t.Context(), n, planned, forge.Message{}); class(t, err) != forge.Outdated {
			t.Errorf("merged already at another head: %v", err)
		}
		if err := f.Close(t.Context(), n, "moot"); err != nil || there.Pull(n).State != "merged" || len(there.Comments(n)) > 0 {
			t.Errorf("closing what was merged: %v, %+v", err, there.Pull(n))
		}
	})
}

func TestARequiredCheckBlocksAMerge(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		there.Requires("ci/build")
		p := there.Opened("ann", "change", false)
		for _, state := range []string{"pending", "failure"} {
			there.Checked(p.Head, "ci/build", state)
			if _, err := f.Merge(t.Context(), p.Number, p.Head, forge.Message{}); class(t, err) != forge.Blocked || there.Pull(p.Number).State != "open" {
				t.Fatalf("%s: %v", state, err)
			}
		}
		there.Checked(p.Head, "ci/build", "success")
		if _, err := f.Merge(t.Context(), p.Number, p.Head, forge.Message{}); err != nil {
			t.Error(err)
		}
	})
}

func TestAClosedPullRequestIsNotMerged(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		p := there.Opened("ann", "change", false)
		there.Closed(p.Number)
		if _, err := f.Merge(t.Context(), p.Number, p.Head, forge.Message{}); class(t, err) != forge.Outdated || !strings.Contains(err.Error(), "closed") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAMergeWaitsWhileTheForgeComputes holds both ends: what passes is waited for, what does not pass is told as blocked.
func TestAMergeWaitsWhileTheForgeComputes(t *testing.T) {
	for _, kind := range forge.Types() {
		for name, times := range map[string]int{"a while": 3, "for ever": 1000} {
			t.Run(kind+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					there := forgetest.Play(t, kind)
					f, err := forge.New(forge.Config{
						Type: kind, URL: there.URL, Repository: there.Repository, Branch: "main", Transport: there,
						Login: func(context.Context) (forge.Login, error) { return forge.Login{}, nil },
					})
					if err != nil {
						t.Fatal(err)
					}
					p := there.Opened("ann", "change", false)
					there.Computing(times)
					began := time.Now()
					_, err = f.Merge(t.Context(), p.Number, p.Head, forge.Message{})
					took := time.Since(began)
					switch {
					case times == 3 && (err != nil || took != 3*time.Second):
						t.Errorf("after %v: %v", took, err)
					case times != 3 && (err == nil || took > 20*time.Second || there.Pull(p.Number).State != "open"):
						t.Errorf("after %v: %v", took, err)
					}
				})
			})
		}
	}
}

// TestAMergeEndsWithItsContext holds that nobody waits who no longer wants to.
func TestAMergeEndsWithItsContext(t *testing.T) {
	there := forgetest.New(t, forge.Gitea)
	p := there.Opened("ann", "change", false)
	there.Computing(1000)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := clientOf(t, forge.Gitea, there.URL, there.Repository, "token").Merge(ctx, p.Number, p.Head, forge.Message{}); err == nil {
		t.Error("merged")
	}
}
