package source

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// transports runs a test over a path and over real HTTP.
func transports(t *testing.T, test func(t *testing.T, u *upstream, url func() string)) {
	t.Run("path", func(t *testing.T) {
		u := newUpstream(t)
		test(t, u, func() string { return u.dir })
	})
	t.Run("file URL", func(t *testing.T) {
		u := newUpstream(t)
		test(t, u, func() string { return "file://" + u.dir })
	})
	t.Run("http", func(t *testing.T) {
		u := newUpstream(t)
		s := serve(t, u)
		test(t, u, s.url)
	})
}

func TestLatestSeesNewCommits(t *testing.T) {
	transports(t, func(t *testing.T, u *upstream, url func() string) {
		first := u.first()
		r := open(t, settings(t, url()))
		old := latest(t, r)
		if old.Commit.Hash != first || old.Commit.Subject != "first" || old.Commit.Author != "Ada <ada@example.com>" || old.Rewritten {
			t.Errorf("first snapshot: %+v", old.Commit)
		}
		u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
		u.write("base/new.yaml", "upstreams: {}\n")
		second := u.commit("second\n\nwith a body")
		s := latest(t, r)
		if s.Commit.Hash != second || s.Previous != first || s.Rewritten || s.Commit.Message != "second\n\nwith a body\n" {
			t.Errorf("second snapshot: %+v", s)
		}
		want := map[string]string{
			"sluice.yaml": "version: 1\n", "base/routes.yaml": "routes: {b: {uri: /b}}\n", "base/new.yaml": "upstreams: {}\n",
			"environments/prod/environment.yaml": "extends: [base]\n", "environments/prod/routes.yaml": "routes: {a: {uri: /a}}\n",
		}
		if diff := cmp.Diff(want, files(t, s.FS)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		if got := files(t, old.FS)["base/routes.yaml"]; got != "routes: {}\n" {
			t.Errorf("the old snapshot changed: %q", got)
		}
	})
}

func TestNothingChangedFetchesNothing(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	r := open(t, settings(t, s.url()))
	refs, packs := s.refs.Load(), s.packs.Load()
	for range 3 {
		if got := latest(t, r); got.Previous != got.Commit.Hash || got.Rewritten {
			t.Errorf("nothing moved, got %+v", got)
		}
	}
	if got := s.refs.Load() - refs; got != 3 {
		t.Errorf("%d listings, want 3", got)
	}
	if got := s.packs.Load() - packs; got != 0 {
		t.Errorf("%d fetches, want none", got)
	}
}

func TestOpenOfAGoodMirrorNeedsNoNetwork(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	s := serve(t, u)
	c := settings(t, s.url())
	r, err := Open(t.Context(), c)
	must(t, err)
	must(t, r.Close())
	s.status.Store(503)
	r = open(t, c)
	at, err := r.At(first[:8])
	must(t, err)
	if len(files(t, at.FS)) != 4 {
		t.Error("the mirror lost files")
	}
	if _, err := r.Latest(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a server that answers 503 gave %v", err)
	}
}

func TestForcePushIsSaid(t *testing.T) {
	transports(t, func(t *testing.T, u *upstream, url func() string) {
		first := u.first()
		u.write("a", "a")
		second := u.commit("second")
		r := open(t, settings(t, url()))
		u.git("reset", "-q", "--hard", first)
		u.write("b", "b")
		third := u.commit("third")
		s := latest(t, r)
		if !s.Rewritten || s.Previous != second || s.Commit.Hash != third {
			t.Errorf("got %+v", s)
		}
		if _, err := r.At(second); err != nil {
			t.Errorf("the commit that was pushed away: %v", err)
		}
		u.git("reset", "-q", "--hard", first)
		if s = latest(t, r); !s.Rewritten || s.Commit.Hash != first || len(files(t, s.FS)) != 4 {
			t.Errorf("pushed back to the first commit: %+v", s)
		}
		if s = latest(t, r); s.Rewritten {
			t.Error("a force-push was said twice")
		}
	})
}

func TestBranchGoneAndBack(t *testing.T) {
	transports(t, func(t *testing.T, u *upstream, url func() string) {
		first := u.first()
		r := open(t, settings(t, url()))
		u.git("checkout", "-q", "-b", "mian")
		u.git("branch", "-q", "-D", "main")
		_, err := r.Latest(t.Context())
		if !errors.Is(err, ErrNoBranch) || !strings.Contains(err.Error(), `did you mean "mian"?`) {
			t.Errorf("got %v", err)
		}
		at, err := r.At(first)
		must(t, err)
		if len(files(t, at.FS)) != 4 {
			t.Error("the snapshot isn't whole")
		}
		u.git("branch", "main")
		if s := latest(t, r); s.Commit.Hash != first || s.Rewritten {
			t.Errorf("after the branch came back: %+v", s)
		}
	})
}

func TestOpenFaults(t *testing.T) {
	u := newUpstream(t)
	u.first()
	empty := newUpstream(t)
	cases := map[string]struct {
		url, branch string
		is          error
		want        string
	}{
		"no branch":  {u.dir, "production", ErrNoBranch, `branch "production" of ` + u.dir + ": no such branch; it has main\n\thint: it has main"},
		"empty":      {empty.dir, "main", ErrEmpty, "list branches of " + empty.dir + ": the repository is empty\n\thint: push a first commit"},
		"no path":    {"/nowhere/at/all", "main", os.ErrNotExist, "hint: check the path"},
		"no repo":    {t.TempDir(), "main", nil, "hint: check the path"},
		"bad scheme": {"gopher://x/y", "main", nil, `scheme "gopher" is not known`},
		"bad URL":    {"https://user:hunter2@ho st/%zz", "main", nil, "can't be parsed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, c.url)
			cfg.Branch = c.branch
			_, err := Open(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

func TestNoGitProgram(t *testing.T) {
	u := newUpstream(t)
	u.first()
	c := settings(t, u.dir)
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "git is not installed here") || !strings.Contains(err.Error(), "hint: install git") {
		t.Errorf("got %v", err)
	}
}

func TestTwoProcessesOneMirror(t *testing.T) {
	u := newUpstream(t)
	u.first()
	c := settings(t, u.dir)
	r, err := Open(t.Context(), c)
	must(t, err)
	if _, err := Open(t.Context(), c); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "in use by process ") {
		t.Errorf("got %v", err)
	}
	must(t, r.Close())
	open(t, c)
}

func TestOtherURLOrBranchMakesTheMirrorAnew(t *testing.T) {
	one, two := newUpstream(t), newUpstream(t)
	one.first()
	two.write("other", "x")
	want := two.commit("other")
	two.git("branch", "release/v1")
	c := settings(t, one.dir)
	r, err := Open(t.Context(), c)
	must(t, err)
	must(t, r.Close())
	c.URL = two.dir
	r, err = Open(t.Context(), c)
	must(t, err)
	must(t, r.Close())
	c.Branch = "release/v1"
	r = open(t, c)
	if s := latest(t, r); s.Commit.Hash != want {
		t.Errorf("head %s, want %s", s.Commit.Hash, want)
	}
	if left, _ := fs.Glob(os.DirFS(c.Dir), mirrorPrefix+"*"); len(left) != 1 {
		t.Errorf("mirrors left: %v", left)
	}
}

func TestAt(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	r := open(t, settings(t, u.dir))
	blob := u.git("rev-parse", "HEAD:sluice.yaml")
	for _, hash := range []string{first, first[:7], first[:5], strings.ToUpper(first[:9])} {
		if s, err := r.At(hash); err != nil || s.Commit.Hash != first || s.Commit.Short() != first[:7] {
			t.Errorf("At(%q) = %s, %v", hash, s.Commit.Hash, err)
		}
	}
	for _, hash := range []string{"", "abc", "main", strings.Repeat("0", 40), blob, blob[:7], first + "0"} {
		if _, err := r.At(hash); err == nil {
			t.Errorf("At(%q) gave no error", hash)
		}
	}
	if _, err := r.At(strings.Repeat("0", 40)); !errors.Is(err, ErrUnknownCommit) {
		t.Errorf("got %v", err)
	}
	// Asking for what isn't there is no damage.
	if err := r.objects.broken(); err != nil {
		t.Errorf("the mirror is held to be broken: %v", err)
	}
}

func TestHeadAsksAndTouchesNothing(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	s := serve(t, u)
	r := open(t, settings(t, s.url()))
	u.write("a", "a")
	second := u.commit("second")
	packs := s.packs.Load()
	if head, err := r.Head(t.Context()); err != nil || head != second {
		t.Errorf("got %s, %v", head, err)
	}
	if s.packs.Load() != packs || r.head.String() != first {
		t.Error("Head fetched")
	}
	u.git("checkout", "-q", "-b", "other")
	u.git("branch", "-D", "main")
	if head, err := r.Head(t.Context()); !errors.Is(err, ErrNoBranch) {
		t.Errorf("got %s, %v", head, err)
	}
}

// TestTheLastBranchIsDeleted wants to hear that the branch is gone: the repository never was empty.
func TestTheLastBranchIsDeleted(t *testing.T) {
	transports(t, func(t *testing.T, u *upstream, url func() string) {
		first := u.first()
		r := open(t, settings(t, url()))
		for _, test := range []struct{ head, says string }{
			{"checkout -q --detach", "no such branch; it has none at all"},
			{"symbolic-ref HEAD refs/heads/unborn", "no such branch any more: it is gone, and was at " + first[:7]},
		} {
			u.git(strings.Fields(test.head)...)
			u.git("update-ref", "-d", "refs/heads/main")
			_, err := r.Latest(t.Context())
			if !errors.Is(err, ErrNoBranch) || !strings.Contains(err.Error(), test.says+"\n\thint: push the branch again") {
				t.Errorf("%s: got %v", test.head, err)
			}
			if at, err := r.At(first); err != nil || len(files(t, at.FS)) != 4 {
				t.Errorf("%s: the snapshot isn't whole: %v", test.head, err)
			}
			u.git("update-ref", "refs/heads/main", first)
		}
		if s := latest(t, r); s.Commit.Hash != first || s.Rewritten {
			t.Errorf("after the branch came back: %+v", s)
		}
	})
}

// TestNoBranchLeftOnAFirstClone has a repository with a tag only.
func TestNoBranchLeftOnAFirstClone(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.git("tag", "v1")
	u.git("checkout", "-q", "--detach")
	u.git("branch", "-D", "main")
	_, err := Open(t.Context(), settings(t, u.dir))
	if !errors.Is(err, ErrNoBranch) || !strings.Contains(err.Error(), `branch "main" of `+u.dir+": no such branch; it has none at all") {
		t.Errorf("got %v", err)
	}
}
