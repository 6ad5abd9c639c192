package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCloneNames(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.git("tag", "-a", "-m", "one", "v1")
	u.git("branch", "feature/x")
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	second := u.commit("second")
	u.git("tag", "light")
	u.git("pack-refs", "--all")
	u.git("repack", "-q", "-a", "-d")
	c := openCloneOf(t, filepath.Join(u.dir, "environments", "prod"))
	if top, err := filepath.EvalSymlinks(u.dir); err != nil || c.Top() != u.dir && c.Top() != top {
		t.Errorf("the top is %s, want %s (%v)", c.Top(), u.dir, err)
	}
	for text, want := range map[string]string{
		"HEAD": second, "main": second, "light": second, "refs/heads/main": second, second[:7]: second,
		"v1": first, "feature/x": first, "HEAD~1": first, "main^": first, "HEAD~0": second, first: first,
	} {
		got, err := c.At(text)
		if err != nil || got.Commit.Hash != want {
			t.Errorf("At(%s) = %s, %v; want %s", text, got.Commit.Hash, err, want)
		}
	}
	for _, text := range []string{"HEAD~2", "HEAD^^^", "nothing", "", "main^2", "../x", "HEAD~x", "0000000"} {
		if got, err := c.At(text); !errors.Is(err, ErrUnknownCommit) {
			t.Errorf("At(%q) = %s, %v", text, got.Commit.Hash, err)
		}
	}
	if c.Branch() != "main" {
		t.Errorf("branch %q", c.Branch())
	}
}

// TestClonesOfEveryKind opens a linked work tree, a bare clone, one that borrows its objects, and a shallow one.
func TestClonesOfEveryKind(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	second := u.commit("second")
	beside := t.TempDir()
	u.git("worktree", "add", "-q", "-b", "other", filepath.Join(beside, "linked"))
	u.git("clone", "-q", "--bare", ".", filepath.Join(beside, "bare"))
	u.git("clone", "-q", "--shared", ".", filepath.Join(beside, "shared"))
	for _, kind := range []string{"linked", "bare", "shared"} {
		c := openCloneOf(t, filepath.Join(beside, kind))
		got, err := c.Ancestor(first[:7], "")
		if err != nil || contentAt(t, got, "base/routes.yaml") != "routes: {}\n" {
			t.Errorf("%s: %v, %v", kind, got.Commit, err)
		}
	}
	u.git("clone", "-q", "--depth", "1", "file://"+u.dir, filepath.Join(beside, "shallow"))
	c := openCloneOf(t, filepath.Join(beside, "shallow"))
	if _, err := c.Ancestor(second[:7], ""); err != nil {
		t.Errorf("what a shallow clone has: %v", err)
	}
	if _, err := c.Ancestor(first[:7], ""); !errors.Is(err, ErrShallow) || !strings.Contains(err.Error(), "fetch-depth: 0") {
		t.Errorf("what a shallow clone has not: %v", err)
	}
	if _, err := OpenClone(t.TempDir()); !errors.Is(err, ErrNoRepository) {
		t.Errorf("no repository: %v", err)
	}
}

// TestAHoleInTheHistoryIsNoEnd removes a commit: nothing that lies behind it may pass for absent.
func TestAHoleInTheHistoryIsNoEnd(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("n", "1")
	second := u.commit("second")
	u.write("n", "2")
	u.commit("third")
	must(t, os.Remove(filepath.Join(u.dir, ".git", "objects", second[:2], second[2:])))
	c := openCloneOf(t, u.dir)
	for _, text := range []string{first, "0123456"} {
		if _, err := c.Ancestor(text, ""); err == nil || errors.Is(err, ErrUnknownCommit) || errors.Is(err, ErrNotAncestor) {
			t.Errorf("Ancestor(%s) over a hole: %v", text, err)
		}
	}
	if _, err := c.Brought("HEAD", "base"); err == nil {
		t.Error("the commit that brought a path was found over a hole")
	}
}

func TestBroughtAndCarried(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("n", "1")
	u.commit("elsewhere")
	u.git("checkout", "-q", "-b", "side")
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	changed := u.commit("changed")
	u.git("checkout", "-q", "main")
	u.write("n", "2")
	u.commit("elsewhere too")
	u.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	u.write("n", "3")
	u.commit("last")
	c := openCloneOf(t, u.dir)
	for path, want := range map[string]string{"base": changed, "base/routes.yaml": changed, "environments": first} {
		got, err := c.Brought("HEAD", path)
		if err != nil || got.Hash != want {
			t.Errorf("%s was brought by %q, %v; want %s", path, got.Subject, err, want)
		}
	}
	if _, err := c.Brought("HEAD", "nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a path that is not there: %v", err)
	}
	carried, err := c.Carried(first, "HEAD", "base", 0)
	var subjects []string
	for _, commit := range carried {
		subjects = append(subjects, commit.Subject)
	}
	if diff := cmp.Diff([]string{"changed"}, subjects); err != nil || diff != "" {
		t.Errorf("carried (-want +got): %v\n%s", err, diff)
	}
}

// TestCommit lets git itself judge what was written.
func TestCommit(t *testing.T) {
	u := newUpstream(t)
	u.write("tool.sh", "#!/bin/sh\n")
	must(t, os.Chmod(filepath.Join(u.dir, "tool.sh"), 0o755))
	head := u.first()
	c := openCloneOf(t, u.dir)
	draft := Draft{
		Branch: "promote/x", Parent: "HEAD", Message: "Promote\n", When: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC),
		Files: map[string][]byte{"environments/prod/environment.yaml": []byte("extends: []\n"), "sluice.yaml": []byte("version: 1 # x\n")},
	}
	made, err := c.Commit(draft)
	must(t, err)
	if got := u.git("rev-parse", "promote/x"); got != made.Hash || made.Author != "Ada <ada@example.com>" || made.Parents[0] != head {
		t.Errorf("the branch is at %s, the commit %+v", got, made)
	}
	if diff := cmp.Diff("environments/prod/environment.yaml\nsluice.yaml", u.git("diff", "--name-only", "main", "promote/x")); diff != "" {
		t.Errorf("changed files (-want +got)\n%s", diff)
	}
	if got := u.git("show", "promote/x:environments/prod/environment.yaml"); got != "extends: []" {
		t.Errorf("the file holds %q", got)
	}
	u.git("fsck", "--strict")
	if status := u.git("status", "--porcelain"); status != "" || u.git("rev-parse", "HEAD") != head {
		t.Errorf("the work tree was touched:\n%s", status)
	}
	for name, change := range map[string]func(*Draft){
		"a branch that is there":         func(d *Draft) {},
		"the branch that is checked out": func(d *Draft) { d.Branch, d.Force = "main", true },
		"a bad name":                     func(d *Draft) { d.Branch = "a..b" },
		"a file that is not there":       func(d *Draft) { d.Branch, d.Files = "y", map[string][]byte{"no/such": nil} },
	} {
		refused := draft
		change(&refused)
		if _, err := c.Commit(refused); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if u.git("rev-parse", "promote/x") != made.Hash || u.git("rev-parse", "main") != head || u.git("branch", "--list", "y") != "" {
		t.Error("a refused commit moved a branch")
	}
	draft.Force, draft.Message = true, "Again\n"
	again, err := c.Commit(draft)
	if must(t, err); u.git("rev-parse", "promote/x") != again.Hash {
		t.Error("the branch was not replaced")
	}
}

func TestIdentityOfTheConfiguration(t *testing.T) {
	u := newUpstream(t)
	u.first()
	for _, name := range []string{"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "")
	}
	global := filepath.Join(t.TempDir(), "config")
	t.Setenv("GIT_CONFIG_GLOBAL", global)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	c := openCloneOf(t, u.dir)
	draft := Draft{Branch: "x", Parent: "HEAD", Message: "m\n", Force: true}
	if _, err := c.Commit(draft); err == nil || !strings.Contains(err.Error(), "git config user.name") {
		t.Errorf("without an author: %v", err)
	}
	must(t, os.WriteFile(global, []byte("[user]\n\tname = Global\n\temail = g@example.com\n"), 0o600))
	u.git("config", "user.email", "own@example.com")
	made, err := c.Commit(draft)
	if must(t, err); made.Author != "Global <own@example.com>" {
		t.Errorf("author %q", made.Author)
	}
}
