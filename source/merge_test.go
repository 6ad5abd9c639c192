package source

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// side is the files of one side of a merge: contents by path, an absent path is no file.
type side map[string]string

// fork commits base, and both sides on branches of their own.
func (u *upstream) fork(base, ours, theirs side) (into, head string) {
	u.t.Helper()
	var stream strings.Builder
	for _, one := range []struct {
		branch, from string
		files        side
	}{{"start", "", base}, {"ours", "start", ours}, {"theirs", "start", theirs}} {
		fmt.Fprintf(&stream, "reset refs/heads/%s\n", one.branch)
		if one.from != "" {
			fmt.Fprintf(&stream, "from refs/heads/%s\n\n", one.from)
		}
		fmt.Fprintf(&stream, "commit refs/heads/%s\ncommitter Ada <ada@example.com> 1767323045 +0000\ndata 1\n%c\ndeleteall\n", one.branch, one.branch[0])
		for path, content := range one.files {
			fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
		}
	}
	command := exec.Command("git", "fast-import", "--quiet", "--force")
	command.Dir, command.Stdin = u.dir, strings.NewReader(stream.String())
	out, err := command.CombinedOutput()
	if err != nil {
		u.t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	return u.branch("ours"), u.branch("theirs")
}

func (u *upstream) branch(name string) string {
	u.t.Helper()
	data, err := os.ReadFile(filepath.Join(u.dir, ".git", "refs", "heads", name))
	must(u.t, err)
	return strings.TrimSpace(string(data))
}

func lines(text string) string { return strings.ReplaceAll(text, " ", "\n") + "\n" }

func TestMerge(t *testing.T) {
	base := side{"a/r.yaml": lines("1 2 3 4 5 6 7 8"), "b.yaml": lines("x"), "d/e/f": "f\n"}
	with := func(change ...string) side {
		files := side{}
		for path, content := range base {
			files[path] = content
		}
		for i := 0; i < len(change); i += 2 {
			if files[change[i]] = change[i+1]; change[i+1] == "-" {
				delete(files, change[i])
			}
		}
		return files
	}
	for name, c := range map[string]struct {
		ours, theirs, want side
		conflicts          []Conflict
	}{
		"other files":        {ours: with("b.yaml", "y\n"), theirs: with("new", "n\n"), want: with("b.yaml", "y\n", "new", "n\n")},
		"other lines":        {ours: with("a/r.yaml", lines("0 2 3 4 5 6 7 8")), theirs: with("a/r.yaml", lines("1 2 3 4 5 6 7 9 10")), want: with("a/r.yaml", lines("0 2 3 4 5 6 7 9 10"))},
		"the same lines":     {ours: with("a/r.yaml", lines("1 2 3 x 5 6 7 8")), theirs: with("a/r.yaml", lines("1 2 3 x 5 6 7 y")), want: with("a/r.yaml", lines("1 2 3 x 5 6 7 y"))},
		"both remove":        {ours: with("d/e/f", "-"), theirs: with("d/e/f", "-", "b.yaml", "-"), want: with("d/e/f", "-", "b.yaml", "-")},
		"a file, then a dir": {ours: with("b.yaml", "-", "b.yaml/c", "c\n"), theirs: with("new", "n\n"), want: with("b.yaml", "-", "b.yaml/c", "c\n", "new", "n\n")},
		"neighbours":         {ours: with("a/r.yaml", lines("1 2 3 x 5 6 7 8")), theirs: with("a/r.yaml", lines("1 2 3 4 y 6 7 8")), conflicts: []Conflict{{"a/r.yaml", 4, "changed on both sides"}}},
		"one line, twice":    {ours: with("b.yaml", "y\n"), theirs: with("b.yaml", "z\n"), conflicts: []Conflict{{"b.yaml", 1, "changed on both sides"}}},
		"removed, changed":   {ours: with("b.yaml", "-"), theirs: with("b.yaml", "z\n"), conflicts: []Conflict{{"b.yaml", 0, "removed on one side, changed on the other"}}},
		"added twice":        {ours: with("n", "1\n"), theirs: with("n", "2\n"), conflicts: []Conflict{{"n", 0, "added on both sides"}}},
		"binary":             {ours: with("b.yaml", "y\x00\n"), theirs: with("b.yaml", "x\nx\n"), conflicts: []Conflict{{"b.yaml", 0, "changed on both sides, and no text"}}},
		"file and directory": {ours: with("n", "1\n"), theirs: with("n/m", "1\n"), conflicts: []Conflict{{"n", 0, "a file on one side, a directory on the other"}}},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t)
			into, head := u.fork(base, c.ours, c.theirs)
			clone := openCloneOf(t, u.dir)
			got, err := clone.objects.mergeCommits(plumbing.NewHash(into), plumbing.NewHash(head))
			must(t, err)
			if diff := cmp.Diff(c.conflicts, got.Conflicts); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
			if len(c.conflicts) > 0 {
				if got.FS != nil {
					t.Error("a merge with conflicts has files")
				}
				return
			}
			if diff := cmp.Diff(map[string]string(c.want), files(t, got.FS)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if got.Commit.Hash != head {
				t.Errorf("the commit is %s", got.Commit.Hash)
			}
		})
	}
}

// drawText is a text of few different lines, as configuration is.
func drawText(t *rapid.T) string {
	n := rapid.IntRange(0, 14).Draw(t, "lines")
	var b strings.Builder
	for i := range n {
		if rapid.IntRange(0, 3).Draw(t, "plain") == 0 {
			fmt.Fprintf(&b, "  common: %d\n", rapid.IntRange(0, 1).Draw(t, "value"))
		} else {
			fmt.Fprintf(&b, "key-%d: 1\n", i)
		}
	}
	return b.String()
}

func drawEdit(t *rapid.T, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		switch rapid.IntRange(0, 12).Draw(t, "edit") {
		case 0:
		case 1:
			b.WriteString("new: " + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "new") + "\n" + line)
		case 2:
			b.WriteString(strings.TrimSuffix(line, "\n") + "0\n")
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

func drawSide(t *rapid.T, base side) side {
	edited := side{}
	for _, path := range []string{"a", "d/b", "d/e/c", "f"} {
		content, there := base[path]
		switch what := rapid.IntRange(0, 7).Draw(t, "what"); {
		case what == 0 && there: // removed
		case what == 0:
			edited[path] = "added\n"
		case what < 4 && there:
			edited[path] = drawEdit(t, content)
		case there:
			edited[path] = content
		}
	}
	edited["keep"] = "k\n"
	return edited
}

// TestMergeIsThatOfGit holds merges against those of the git command. Where git sees a conflict there must be one, and what is merged must
// be the same. A line that stands in many places may be lined up otherwise: then a conflict more is no fault.
func TestMergeIsThatOfGit(t *testing.T) {
	u := newUpstream(t)
	clean, more := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		base := side{"keep": "k\n"}
		for _, path := range []string{"a", "d/b", "d/e/c"} {
			if rapid.IntRange(0, 4).Draw(r, "there") > 0 {
				base[path] = drawText(r)
			}
		}
		into, head := u.fork(base, drawSide(r, base), drawSide(r, base))
		want, conflict := u.mergeTree(into, head)
		c, err := OpenClone(u.dir)
		must(t, err)
		defer c.Close()
		got, err := c.objects.mergeCommits(plumbing.NewHash(into), plumbing.NewHash(head))
		must(t, err)
		switch {
		case conflict && len(got.Conflicts) == 0:
			r.Fatalf("git sees a conflict:\n%s", want)
		case !conflict && len(got.Conflicts) > 0:
			more++
		case !conflict:
			clean++
			if tree, _ := got.FS.(*tree).Hash("."); tree != want {
				r.Fatalf("the tree is %s, git has %s", tree, want)
			}
		}
	})
	if more*20 > clean {
		t.Errorf("%d merges are clean for git alone, %d for both", more, clean)
	}
}

// mergeTree merges with git alone: the tree, or what it says of conflicts.
func (u *upstream) mergeTree(into, head string) (string, bool) {
	u.t.Helper()
	command := exec.Command("git", "-c", "merge.renames=false", "merge-tree", "--write-tree", into, head)
	command.Dir = u.dir
	out, err := command.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed && exit.ExitCode() == 1 {
		return string(out), true
	}
	must(u.t, err)
	return strings.TrimSpace(string(out)), false
}
