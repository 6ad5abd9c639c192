package source

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// TestFetchPull fetches heads that no branch has, and lets them go.
func TestFetchPull(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.git("checkout", "-q", "-b", "topic")
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	head := u.commit("topic")
	u.git("update-ref", "refs/pull/7/head", head)
	u.git("checkout", "-q", "main")
	u.git("branch", "-q", "-D", "topic")
	s := serve(t, u)
	r := open(t, settings(t, s.url()))
	must(t, r.FetchPull(t.Context(), 7, "refs/pull/7/head", head))
	got, err := r.At(head)
	if err != nil || contentAt(t, got, "base/routes.yaml") != "routes: {b: {uri: /b}}\n" {
		t.Fatalf("what was fetched: %v", err)
	}
	packs, mirror := s.packs.Load(), r.mirror.dir
	must(t, r.FetchPull(t.Context(), 7, "refs/pull/7/head", head))
	if at := latest(t, r); at.Commit.Hash != first || at.Previous != first || s.packs.Load() != packs || r.mirror.dir != mirror {
		t.Errorf("the branch is at %s, %d packs were asked for", at.Commit.Hash, s.packs.Load()-packs)
	}
	if err := r.FetchPull(t.Context(), 7, "refs/pull/7/head", strings.Repeat("a", 40)); !errors.Is(err, ErrMoved) {
		t.Errorf("a head that the ref has not: %v", err)
	}
	must(t, r.KeepPulls([]int{7}))
	if refs := mirrorRefs(t, r); !strings.Contains(refs, "refs/sluice/pull/7") {
		t.Errorf("refs of the mirror:\n%s", refs)
	}
	must(t, r.KeepPulls(nil))
	if refs := mirrorRefs(t, r); strings.Contains(refs, "refs/sluice") || !strings.Contains(refs, "refs/heads/main") {
		t.Errorf("refs of the mirror:\n%s", refs)
	}
}

func mirrorRefs(t *testing.T, r *Repository) string {
	t.Helper()
	out, err := exec.Command("git", "-C", r.mirror.dir, "for-each-ref").CombinedOutput()
	must(t, err)
	return string(out)
}

// TestAPullThatIsMerged is in two packs then: as it was fetched, and as part of the branch.
func TestAPullThatIsMerged(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.git("checkout", "-q", "-b", "topic")
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	head := u.commit("topic")
	u.git("checkout", "-q", "main")
	r := open(t, settings(t, u.dir))
	must(t, r.FetchPull(t.Context(), 7, "refs/heads/topic", head))
	u.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	latest(t, r)
	if at, err := r.At(head[:7]); err != nil || at.Commit.Hash != head {
		t.Errorf("a commit in two packs: %v", err)
	}
	if _, err := r.At(head); err != nil {
		t.Error(err)
	}
}

// TestPush pushes over HTTP and into a directory, and lets git judge what has arrived.
func TestPush(t *testing.T) {
	u := newUpstream(t)
	head := u.first()
	u.git("config", "http.receivepack", "true")
	s := serve(t, u)
	for name, url := range map[string]string{"http": s.url(), "directory": u.dir} {
		t.Run(name, func(t *testing.T) {
			branch := "sluice/" + name
			r := open(t, settings(t, url))
			edit := map[string][]byte{"environments/prod/environment.yaml": []byte("extends: []\n"), "sluice.yaml": []byte("version: 1 # x\n")}
			p, err := r.Edit(head, edit, notice("Promote\n"))
			must(t, err)
			must(t, r.Push(t.Context(), branch, p))
			must(t, r.Push(t.Context(), branch, p))
			if at := u.git("rev-parse", branch); at != p.Commit.Hash || u.git("rev-parse", branch+"~1") != head {
				t.Errorf("the branch is at %s", at)
			}
			if names := u.git("diff", "--name-only", head, branch); names != "environments/prod/environment.yaml\nsluice.yaml" {
				t.Errorf("changed: %s", names)
			}
			if contentAt(t, p.Snapshot, "sluice.yaml") != "version: 1 # x\n" || contentAt(t, p.Snapshot, "base/routes.yaml") != "routes: {}\n" {
				t.Error("the proposal can't be read before it is pushed")
			}
			again, err := r.Edit(head, edit, notice("Promote once more\n"))
			must(t, err)
			must(t, r.Push(t.Context(), branch, again))
			u.git("fsck", "--strict")
			if at := u.git("rev-parse", branch); at != again.Commit.Hash {
				t.Errorf("the branch was not replaced: %s", at)
			}
			must(t, r.Drop(t.Context(), branch, p.Commit.Hash)) // where it stands no longer
			if at := u.git("rev-parse", branch); at != again.Commit.Hash {
				t.Errorf("a branch that has moved was dropped: %s", at)
			}
			must(t, r.Drop(t.Context(), branch, again.Commit.Hash))
			must(t, r.Drop(t.Context(), branch, again.Commit.Hash))
			if u.git("branch", "--list", branch) != "" {
				t.Error("the branch is still there")
			}
			if err := r.Drop(t.Context(), "main", head); err == nil || u.git("rev-parse", "main") != head {
				t.Errorf("the followed branch was dropped: %v", err)
			}
			if err := r.Push(t.Context(), "main", p); err == nil || u.git("rev-parse", "main") != head {
				t.Errorf("the followed branch was pushed to: %v", err)
			}
			if _, err := r.Edit(head, map[string][]byte{"no/such": nil}, notice("")); err == nil {
				t.Error("a file that is not there was edited")
			}
		})
	}
}

func TestPushThatIsRefused(t *testing.T) {
	u := newUpstream(t)
	head := u.first()
	s := serve(t, u) // git http-backend takes no pushes from nobody
	r := open(t, settings(t, s.url()))
	p, err := r.Edit(head, map[string][]byte{"sluice.yaml": []byte("x\n")}, notice("x"))
	must(t, err)
	if err := r.Push(t.Context(), "sluice/x", p); !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "right to push") {
		t.Errorf("without the right: %v", err)
	}
	if u.git("branch", "--list", "sluice/x") != "" {
		t.Error("a branch was made")
	}
}

// TestNothingIsPushedWithoutLeave: neither made nor taken away.
func TestNothingIsPushedWithoutLeave(t *testing.T) {
	u := newUpstream(t)
	head := u.first()
	u.git("branch", "sluice/there")
	frozen := errors.New("another leads")
	config := settings(t, u.dir)
	config.MayPush = func() error { return frozen }
	r := open(t, config)
	p, err := r.Edit(head, map[string][]byte{"sluice.yaml": []byte("x\n")}, notice("x"))
	must(t, err)
	for what, err := range map[string]error{"pushed": r.Push(t.Context(), "sluice/x", p), "taken away": r.Drop(t.Context(), "sluice/there", head)} {
		if !errors.Is(err, frozen) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left := u.git("branch", "--list", "sluice/*"); left != "sluice/there" {
		t.Errorf("branches: %s", left)
	}
}
