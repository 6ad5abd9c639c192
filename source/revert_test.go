package source

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func notice(message string) Notice {
	return Notice{Message: message, Name: "Sluice", Email: "sluice@localhost", When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// TestRevertIsThatOfGit reverts each commit of a history, merges too, and lets git do the same.
func TestRevertIsThatOfGit(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.write("base/routes.yaml", "routes:\n  a: {uri: /a}\n\n\n  b: {uri: /b}\n\n\n  c: {uri: /c}\n")
	u.write("base/more.yaml", "services: {}\n")
	u.commit("more")
	u.git("checkout", "-q", "-b", "topic")
	u.write("base/routes.yaml", "routes:\n  a: {uri: /a}\n\n\n  b: {uri: /b}\n\n\n  c: {uri: /other}\n")
	u.write("topic.yaml", "x: 1\n")
	u.commit("topic")
	u.git("checkout", "-q", "main")
	u.write("base/routes.yaml", "routes:\n  a: {uri: /other}\n\n\n  b: {uri: /b}\n\n\n  c: {uri: /c}\n")
	u.commit("a")
	u.git("merge", "-q", "--no-ff", "-m", "merge topic", "topic")
	u.git("rm", "-q", "base/more.yaml")
	u.commit("less")
	clean, conflicts := 0, 0
	c := openCloneOf(t, u.dir)
	all := strings.Fields(u.git("rev-list", "HEAD"))
	for _, commit := range all[:len(all)-1] {
		got, err := c.Revert(commit, "HEAD", notice(""))
		must(t, err)
		want, subject, done := u.revert(commit)
		switch {
		case got.Nothing:
			if done && want != u.git("rev-parse", "HEAD^{tree}") {
				t.Errorf("%s: git finds something to revert", commit)
			}
		case !done:
			conflicts++
			if len(got.Conflicts) == 0 {
				t.Errorf("%s %s: git has a conflict", commit, got.Undone.Subject)
			}
		default:
			clean++
			must(t, c.Keep(got.Proposal, "sluice/revert", true))
			if tree := u.git("rev-parse", "sluice/revert^{tree}"); tree != want || len(got.Conflicts) > 0 {
				t.Errorf("%s %s: the tree is %s, git has %s; %v", commit, got.Undone.Subject, tree, want, got.Conflicts)
			}
			if diff := cmp.Diff(subject, strings.TrimSpace(got.Proposal.Commit.Message)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		}
	}
	u.git("fsck", "--strict")
	if clean < 3 || conflicts < 1 {
		t.Errorf("%d clean reverts and %d conflicts: too few to say anything", clean, conflicts)
	}
	if _, err := c.Revert(all[len(all)-1], "HEAD", notice("")); err == nil {
		t.Error("the first commit was reverted")
	}
}

// revert lets git revert a commit: the tree and the message, and false when there is a conflict.
func (u *upstream) revert(commit string) (tree, message string, done bool) {
	u.t.Helper()
	args := []string{"revert", "--no-edit", commit}
	if strings.Contains(u.git("rev-list", "--parents", "-n", "1", commit), " ") && len(strings.Fields(u.git("rev-list", "--parents", "-n", "1", commit))) == 3 {
		args = append(args, "-m", "1")
	}
	u.git("checkout", "-q", "--detach", "main")
	defer u.git("checkout", "-q", "main")
	command := exec.Command("git", args...)
	command.Dir = u.dir
	if out, err := command.CombinedOutput(); err != nil {
		defer u.git("reset", "-q", "--hard")
		if strings.Contains(string(out), "nothing to commit") {
			return u.git("rev-parse", "HEAD^{tree}"), "", true
		}
		return "", "", false
	}
	return u.git("rev-parse", "HEAD^{tree}"), u.git("log", "-1", "--format=%B"), true
}

// TestRevertTo: where nothing came later the tree is that of the earlier commit, whatever lay between, a merge too; what came later stays.
func TestRevertTo(t *testing.T) {
	u := newUpstream(t)
	good := u.first()
	u.write("base/routes.yaml", "routes: {a: {uri: /a}}\n")
	u.commit("culprit")
	u.git("checkout", "-q", "-b", "topic")
	u.write("topic.yaml", "x: 1\n")
	u.commit("topic")
	u.git("checkout", "-q", "main")
	u.git("merge", "-q", "--no-ff", "-m", "merge topic", "topic")
	last := u.git("rev-parse", "HEAD")
	c := openCloneOf(t, u.dir)
	got, err := c.RevertTo(good, last, "HEAD", notice("Go back\n"))
	must(t, err)
	must(t, c.Keep(got.Proposal, "back", false))
	if u.git("rev-parse", "back^{tree}") != u.git("rev-parse", good+"^{tree}") || got.Before.Hash != good {
		t.Errorf("it is not what was: %s", u.git("diff", good, "back"))
	}
	u.write("later.yaml", "y: 1\n")
	u.commit("later")
	got, err = c.RevertTo(good, last, "HEAD", notice("Go back\n"))
	must(t, err)
	must(t, c.Keep(got.Proposal, "back", true))
	if left := u.git("diff", "--name-only", good, "back"); left != "later.yaml" {
		t.Errorf("what is left: %s", left)
	}
}

func TestMergeBases(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.git("branch", "topic")
	u.write("m", "1")
	u.commit("m")
	u.git("checkout", "-q", "topic")
	u.write("t", "1")
	u.commit("t")
	u.git("branch", "topic-before")
	u.git("merge", "-q", "-m", "crosswise", "main")
	u.git("checkout", "-q", "main")
	u.git("merge", "-q", "-m", "crosswise too", "topic-before")
	u.write("m", "2")
	into := u.commit("m again")
	u.git("checkout", "-q", "topic")
	u.write("t", "2")
	head := u.commit("t again")
	u.git("checkout", "-q", "--orphan", "island")
	island := u.commit("island")
	u.git("checkout", "-q", "main")
	r := open(t, settings(t, u.dir))
	for number, name := range []string{"topic", "island"} {
		must(t, r.FetchPull(t.Context(), number, "refs/heads/"+name, map[string]string{"topic": head, "island": island}[name]))
	}
	bases, err := r.objects.mergeBases(r.head, r.head)
	if must(t, err); len(bases) != 1 || bases[0].Hash != into {
		t.Errorf("a commit with itself: %v", bases)
	}
	got, err := r.Merge(into, head)
	must(t, err)
	want := map[string]string{"m": "2", "t": "2"}
	for path, content := range want {
		if len(got.Conflicts) > 0 || contentAt(t, got.Snapshot, path) != content {
			t.Errorf("merged crosswise: %v", got.Conflicts)
		}
	}
	if _, err := r.Merge(into, island); !errors.Is(err, ErrUnrelated) {
		t.Errorf("without a common past: %v", err)
	}
	if back, err := r.Merge(head, into); err != nil || len(back.Conflicts) > 0 {
		t.Errorf("the other way round: %v %v", back.Conflicts, err)
	}
}
