package source

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// TestAncestor follows a branch through a rewrite: what led to the head before is there, and no ancestor any more.
func TestAncestor(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
	second := u.commit("second")
	r := openMirror(t, u)
	ask := func(text, head string) error {
		snapshot, err := r.Ancestor(text, head)
		if err == nil && !strings.HasPrefix(snapshot.Commit.Hash, strings.ToLower(text)) {
			t.Errorf("Ancestor(%s) is %s", text, snapshot.Commit.Hash)
		}
		return err
	}
	for _, text := range []string{first, first[:7], strings.ToUpper(first[:10]), second, second[:7]} {
		if err := ask(text, second); err != nil {
			t.Errorf("Ancestor(%s): %v", text, err)
		}
	}
	if err := ask(second, first); !errors.Is(err, ErrNotAncestor) {
		t.Errorf("a later commit: %v", err)
	}
	if err := ask("0123456", second); !errors.Is(err, ErrUnknownCommit) {
		t.Errorf("a commit that is nowhere: %v", err)
	}
	if err := ask("main", second); !errors.Is(err, ErrUnknownCommit) {
		t.Errorf("a branch: %v", err)
	}
	u.git("reset", "-q", "--hard", first)
	u.write("base/routes.yaml", "routes: {c: {uri: /c}}\n")
	third := u.commit("instead")
	if _, err := r.Latest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ask(second[:8], third); !errors.Is(err, ErrNotAncestor) {
		t.Errorf("a commit that was rewritten away: %v", err)
	}
	for _, text := range []string{first, third} {
		if err := ask(text, third); err != nil {
			t.Errorf("Ancestor(%s) after the rewrite: %v", text, err)
		}
	}
	if err := ask(first, second); err != nil {
		t.Errorf("an older head: %v", err)
	}
}

// TestAncestorOfAnAbbreviation makes so many commits that two hashes begin alike.
func TestAncestorOfAnAbbreviation(t *testing.T) {
	u := newUpstream(t)
	var stream strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Ada <ada@example.com> %d +0000\ndata 1\nn\n", 1767323045+i)
	}
	cmd := exec.Command("git", "-C", u.dir, "fast-import", "--quiet")
	cmd.Stdin = strings.NewReader(stream.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	c := openCloneOf(t, u.dir)
	begun := map[string]string{}
	for _, hash := range strings.Fields(u.git("rev-list", "main")) {
		twin := begun[hash[:4]]
		if begun[hash[:4]] = hash; twin == "" {
			continue
		}
		if _, err := c.Ancestor(hash[:4], "HEAD"); !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), twin) {
			t.Errorf("%s is %s and %s: %v", hash[:4], hash, twin, err)
		}
		return
	}
	t.Fatal("no two of 1000 commits begin alike")
}

// TestPastGrows holds what is kept of the history against what is read anew, through merges and side branches.
func TestPastGrows(t *testing.T) {
	u := newUpstream(t)
	var heads []string
	heads = append(heads, u.first())
	for i := range 3 {
		u.git("checkout", "-q", "-b", fmt.Sprint("side", i))
		u.write(fmt.Sprint("side", i), "x")
		heads = append(heads, u.commit("side"))
		u.git("checkout", "-q", "main")
		u.write("n", fmt.Sprint(i))
		heads = append(heads, u.commit("main"))
		if i < 2 {
			u.git("merge", "-q", "--no-ff", "-m", "merge", fmt.Sprint("side", i))
			heads = append(heads, u.git("rev-parse", "HEAD"))
		}
	}
	kept := openCloneOf(t, u.dir)
	for _, head := range append(heads, heads[0], heads[3], heads[len(heads)-1]) {
		fresh := openCloneOf(t, u.dir)
		for _, text := range heads {
			_, want := fresh.Ancestor(text, head)
			if _, got := kept.Ancestor(text, head); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s before %s: %v, want %v", text[:7], head[:7], got, want)
			}
		}
	}
}

func openMirror(t *testing.T, u *upstream) *Repository {
	t.Helper()
	r, err := Open(t.Context(), Config{URL: u.dir, Branch: "main", Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

func openCloneOf(t *testing.T, dir string) *Clone {
	t.Helper()
	c, err := OpenClone(dir)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

func contentAt(t *testing.T, s Snapshot, name string) string {
	t.Helper()
	data, err := fs.ReadFile(s.FS, name)
	must(t, err)
	return string(data)
}

// What is kept of the past of some commits never changes what is said of another, in whatever order they are asked for.
func TestKeptPastsAgreeWithTheWholeWalk(t *testing.T) {
	u, r := merged(t)
	all := strings.Fields(u.git("rev-list", "--all"))
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		head := plumbing.NewHash(all[random.IntN(len(all))])
		want, err := r.objects.ancestors(head)
		must(t, err)
		got, err := r.objects.pastOf(head)
		must(t, err)
		if !maps.Equal(want, got) {
			t.Fatalf("%s: %d commits, want %d", head, len(got), len(want))
		}
		if len(r.objects.pasts) > mostPasts {
			t.Fatalf("%d pasts are kept", len(r.objects.pasts))
		}
	}
}
