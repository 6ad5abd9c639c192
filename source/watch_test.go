package source

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

func distant() *Repository {
	return &Repository{log: zap.NewNop(), remote: &remote{at: address{scheme: "https", host: "git.example.com"}}}
}

func TestNudgesCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		signals := make(chan os.Signal)
		nudges := distant().Watch(ctx, 0, signals)
		for range 100 {
			signals <- syscall.SIGUSR1
		}
		synctest.Wait()
		<-nudges
		synctest.Wait()
		select {
		case <-nudges:
			t.Error("100 signals that nobody waited for gave more than one nudge")
		default:
		}
		signals <- syscall.SIGUSR1
		synctest.Wait()
		if len(nudges) != 1 {
			t.Error("a signal after the nudge was taken gave none")
		}
		cancel()
		synctest.Wait()
	})
}

func TestPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		nudges := distant().Watch(ctx, 30*time.Second)
		for range 100 {
			<-nudges
		}
		took := time.Since(began)
		if took < 27*100*time.Second || took > 33*100*time.Second || took%(30*time.Second) == 0 {
			t.Errorf("100 polls took %s: want about 3000s, with jitter", took)
		}
		cancel()
		synctest.Wait()
		time.Sleep(time.Hour) // of the bubble
		if len(nudges) != 0 {
			t.Error("a nudge after the end")
		}
	})
}

func TestNoPollNoNudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		closed := make(chan os.Signal)
		close(closed)
		nudges := distant().Watch(ctx, 0, closed, nil)
		time.Sleep(24 * time.Hour) // of the bubble
		if len(nudges) != 0 {
			t.Error("a nudge out of nothing")
		}
		cancel()
		synctest.Wait()
	})
}

func TestJitter(t *testing.T) {
	for _, d := range []time.Duration{1, 5, time.Millisecond, time.Hour} {
		for range 200 {
			if j := jitter(d); j < d-d/10 || j > d+d/10 {
				t.Fatalf("jitter(%s) = %s", d, j)
			}
		}
	}
}

// nudged waits for a nudge.
func nudged(t *testing.T, nudges <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-nudges:
	case <-time.After(10 * time.Second):
		t.Fatalf("no nudge after %s", what)
	}
}

func TestLocalRepositoriesAreWatched(t *testing.T) {
	cases := map[string]func(t *testing.T, u *upstream) string{
		"work tree": func(_ *testing.T, u *upstream) string { return u.dir },
		"bare": func(t *testing.T, u *upstream) string {
			bare := filepath.Join(t.TempDir(), "bare.git")
			u.git("clone", "-q", "--bare", ".", bare)
			u.git("remote", "add", "origin", bare)
			return bare
		},
		"linked work tree": func(t *testing.T, u *upstream) string {
			linked := filepath.Join(t.TempDir(), "linked")
			u.git("worktree", "add", "-q", "-b", "aside", linked)
			return linked
		},
	}
	for name, place := range cases {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t)
			u.first()
			dir := place(t, u)
			push := func() {
				if name == "bare" {
					u.git("push", "-q", "--force", "origin", "--all")
				}
			}
			r := open(t, settings(t, dir))
			nudges := r.Watch(t.Context(), 0)
			want := u.commit("second")
			push()
			nudged(t, nudges, "a commit")
			if got := latest(t, r); got.Commit.Hash != want {
				t.Errorf("head %s, want %s", got.Commit.Hash, want)
			}
			u.git("branch", "feature/deep/one")
			push()
			nudged(t, nudges, "a new branch in new directories")
			u.now = u.now.Add(time.Hour)
			u.git("branch", "-f", "feature/deep/one", u.git("commit-tree", "-m", "x", "HEAD^{tree}"))
			push()
			nudged(t, nudges, "a commit in a directory that is new")
		})
	}
}

func TestPackedRefsAreWatched(t *testing.T) {
	u := newUpstream(t)
	u.first()
	r := open(t, settings(t, u.dir))
	nudges := r.Watch(t.Context(), 0)
	u.git("pack-refs", "--all", "--prune")
	nudged(t, nudges, "pack-refs")
	latest(t, r)
}

func TestGitDir(t *testing.T) {
	u := newUpstream(t)
	u.first()
	linked := filepath.Join(t.TempDir(), "linked")
	u.git("worktree", "add", "-q", "-b", "aside", linked)
	git := filepath.Join(u.dir, ".git")
	if got := gitDir(linked); got != filepath.Join(git, "worktrees", "linked") || commonDir(got) != git {
		t.Errorf("linked: %s, %s", got, commonDir(got))
	}
	if got := gitDir(u.dir); got != git || commonDir(got) != git {
		t.Errorf("work tree: %s", got)
	}
	if got := gitDir(git); got != git {
		t.Errorf("bare: %s", got)
	}
}

// A branch in directories that did not exist when the watch began moves: its own file must be seen, not only the directory.
func TestNewDirectoriesAreFollowed(t *testing.T) {
	u := newUpstream(t)
	u.first()
	f := watchFiles(u.dir, zap.NewNop())
	defer f.close()
	seen := func(suffix string) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			select {
			case event := <-f.watcher.Events:
				if f.matters(event) && strings.HasSuffix(event.Name, suffix) {
					return
				}
			case <-deadline:
				t.Fatalf("no event for %s", suffix)
			}
		}
	}
	u.git("branch", "feature/deep/one")
	seen("refs/heads/feature")
	for range 3 {
		u.now = u.now.Add(time.Hour)
		u.git("branch", "-f", "feature/deep/one", u.git("commit-tree", "-m", "x", "HEAD^{tree}"))
	}
	seen("refs/heads/feature/deep/one")
}

func TestNoiseDoesNotMatter(t *testing.T) {
	f := &fileWatch{git: "/r/.git", refs: "/r/.git/refs/heads", tables: "/r/.git/reftable"}
	for name, want := range map[string]bool{
		"/r/.git/index.lock": false, "/r/.git/index": false, "/r/.git/COMMIT_EDITMSG": false, "/r/.git/refs/heads/main.lock": false,
		"/r/.git/refs/heads/main": true, "/r/.git/refs/heads/a/b": true, "/r/.git/packed-refs": true, "/r/.git/HEAD": true,
		"/r/.git/refs/headsup": false, "/r/.git/reftable/tables.list": true, "/r/.git/config": false,
	} {
		if got := f.matters(fsnotify.Event{Name: name, Op: fsnotify.Create}); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
