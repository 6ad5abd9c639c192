package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A history with two merges, one of them of a branch that began before the start of the ranges.
func merged(t *testing.T) (*upstream, *Repository) {
	t.Helper()
	u := newUpstream(t)
	u.first()
	u.git("tag", "t1")
	u.git("checkout", "-q", "-b", "old")
	u.write("old", "1")
	u.commit("old 1")
	u.git("checkout", "-q", "main")
	u.write("a", "1")
	u.commit("main 1")
	u.git("tag", "t2")
	u.git("checkout", "-q", "-b", "side")
	u.write("b", "1")
	u.commit("side 1")
	u.git("checkout", "-q", "main")
	for i, branch := range []string{"side", "old"} {
		u.write("a", fmt.Sprint(i+2))
		u.commit(fmt.Sprintf("main %d", i+2))
		u.now = u.now.Add(1e9)
		u.git("merge", "-q", "--no-ff", "-m", "merge "+branch, branch)
		u.git("tag", "m-"+branch)
	}
	return u, open(t, settings(t, u.dir))
}

func TestLogAgreesWithGit(t *testing.T) {
	u, r := merged(t)
	hash := func(name string) string { return u.git("rev-parse", name) }
	for _, c := range []struct {
		from, to string
		max      int
	}{
		{"", "main", 0}, {"", "main", 3}, {"t1", "main", 0}, {"t2", "main", 0}, {"t2", "main", 2}, {"m-side", "m-old", 0},
		{"m-old", "m-side", 0}, {"main", "main", 0}, {"main", "t1", 0}, {"old", "m-side", 0}, {"side", "old", 0},
	} {
		t.Run(c.from+".."+c.to, func(t *testing.T) {
			args, from := []string{"log", "--format=%H|%P|%s", hash(c.to)}, ""
			if c.from != "" {
				from = hash(c.from)
				args = append(args, "^"+from)
			}
			if c.max > 0 {
				args = append(args, fmt.Sprintf("-%d", c.max))
			}
			got, err := r.Log(from, hash(c.to), c.max)
			must(t, err)
			var lines []string
			for _, commit := range got {
				lines = append(lines, commit.Hash+"|"+strings.Join(commit.Parents, " ")+"|"+commit.Subject)
			}
			if diff := cmp.Diff(u.git(args...), strings.Join(lines, "\n")); diff != "" {
				t.Errorf("(-git +got):\n%s", diff)
			}
		})
	}
}

func TestLogFaults(t *testing.T) {
	u, r := merged(t)
	head := u.git("rev-parse", "main")
	nowhere := strings.Repeat("1", 40)
	for _, pair := range [][2]string{{nowhere, head}, {head, nowhere}, {"", "main"}} {
		if got, err := r.Log(pair[0], pair[1], 0); !errors.Is(err, ErrUnknownCommit) || got != nil {
			t.Errorf("%v: %v, %v", pair, got, err)
		}
	}
	loosen(t, r.mirror.dir)
	gone := u.git("rev-parse", "t2")
	must(t, removeLoose(r.mirror.dir, gone))
	must(t, r.objects.reset(r.mirror.dir, true))
	if got, err := r.Log("", head, 0); err == nil || !strings.Contains(err.Error(), gone) || got != nil {
		t.Errorf("a history with a hole: %d commits, %v", len(got), err)
	}
}

func TestAMergeIsNoForcePush(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.git("checkout", "-q", "-b", "side")
	u.write("b", "1")
	u.commit("side")
	u.git("checkout", "-q", "main")
	u.write("a", "1")
	head := u.commit("main")
	r := open(t, settings(t, u.dir))
	u.git("checkout", "-q", "side")
	u.now = u.now.Add(1e9)
	u.git("merge", "-q", "--no-ff", "-m", "merge", "main")
	u.git("branch", "-f", "main", "side")
	if s := latest(t, r); s.Rewritten || s.Previous != head || len(s.Commit.Parents) != 2 {
		t.Errorf("got %+v", s)
	}
}
