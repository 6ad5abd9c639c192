package source

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing"
	"go.uber.org/zap"
)

// packPaths returns the files of the mirror's packs with one ending.
func packPaths(t *testing.T, r *Repository, ending string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(r.mirror.dir, "objects", "pack", "*"+ending))
	must(t, err)
	if len(found) == 0 {
		t.Fatalf("no %s in the mirror", ending)
	}
	return found
}

// loosen turns the mirror's packs into loose objects.
func loosen(t *testing.T, dir string) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	must(t, err)
	for _, pack := range packs {
		data, err := os.ReadFile(pack)
		must(t, err)
		must(t, os.Remove(pack))
		must(t, os.Remove(strings.TrimSuffix(pack, ".pack")+".idx"))
		cmd := exec.Command("git", "--git-dir", dir, "unpack-objects", "-q")
		cmd.Stdin = strings.NewReader(string(data))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("unpack: %v\n%s", err, out)
		}
	}
}

func loose(dir, hash string) string { return filepath.Join(dir, "objects", hash[:2], hash[2:]) }

func removeLoose(dir, hash string) error { return os.Remove(loose(dir, hash)) }

func truncate(t *testing.T, path string, keep int64) {
	t.Helper()
	must(t, os.Chmod(path, 0o600))
	must(t, os.Truncate(path, keep))
}

// damages are the ways in which a mirror breaks.
var damages = map[string]func(t *testing.T, u *upstream, r *Repository){
	"pack gone":                func(t *testing.T, _ *upstream, r *Repository) { must(t, os.Remove(packPaths(t, r, ".pack")[0])) },
	"index gone":               func(t *testing.T, _ *upstream, r *Repository) { must(t, os.Remove(packPaths(t, r, ".idx")[0])) },
	"pack cut":                 func(t *testing.T, _ *upstream, r *Repository) { truncate(t, packPaths(t, r, ".pack")[0], 40) },
	"pack empty":               func(t *testing.T, _ *upstream, r *Repository) { truncate(t, packPaths(t, r, ".pack")[0], 0) },
	"index cut":                func(t *testing.T, _ *upstream, r *Repository) { truncate(t, packPaths(t, r, ".idx")[0], 100) },
	"everything gone":          func(t *testing.T, _ *upstream, r *Repository) { must(t, os.RemoveAll(r.mirror.dir)) },
	"the directory above gone": func(t *testing.T, _ *upstream, r *Repository) { must(t, os.RemoveAll(r.dir)) },
	"objects gone": func(t *testing.T, _ *upstream, r *Repository) {
		must(t, os.RemoveAll(filepath.Join(r.mirror.dir, "objects")))
	},
	"tree object gone":    loosenAndRemove("HEAD:environments"),
	"blob object gone":    loosenAndRemove("HEAD:base/routes.yaml"),
	"commit gone":         loosenAndRemove("HEAD"),
	"subtree object gone": loosenAndRemove("HEAD:environments/prod"),
}

func loosenAndRemove(what string) func(*testing.T, *upstream, *Repository) {
	return func(t *testing.T, u *upstream, r *Repository) {
		loosen(t, r.mirror.dir)
		must(t, os.Remove(loose(r.mirror.dir, u.git("rev-parse", what))))
	}
}

func TestBrokenMirrorIsHealed(t *testing.T) {
	for name, damage := range damages {
		t.Run(name+" while running", func(t *testing.T) {
			u := newUpstream(t)
			u.first()
			c := settings(t, u.dir)
			log, logs := logged()
			c.Log = log
			r := open(t, c)
			want := files(t, latest(t, r).FS)
			damage(t, u, r)
			checkHealed(t, r, want)
			if logs.FilterLevelExact(zap.WarnLevel).FilterMessageSnippet("mirror is broken").Len() != 1 {
				t.Errorf("the log doesn't say it: %v", logs.All())
			}
		})
		t.Run(name+" while stopped", func(t *testing.T) {
			u := newUpstream(t)
			u.first()
			c := settings(t, u.dir)
			r, err := Open(t.Context(), c)
			must(t, err)
			want := files(t, latest(t, r).FS)
			damage(t, u, r)
			must(t, r.Close())
			checkHealed(t, open(t, c), want)
		})
	}
}

func checkHealed(t *testing.T, r *Repository, want map[string]string) {
	t.Helper()
	s := latest(t, r)
	if s.Rewritten {
		t.Error("healing is taken for a force-push")
	}
	if got := files(t, s.FS); len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

// A directory that can't be made yet is told of once, and healed as soon as it can; the lock comes back with it.
func TestTheDirectoryComesBackLater(t *testing.T) {
	u := newUpstream(t)
	u.first()
	c := settings(t, u.dir)
	above := filepath.Join(t.TempDir(), "state")
	c.Dir = filepath.Join(above, "mirror.git")
	log, logs := logged()
	c.Log = log
	r := open(t, c)
	want := files(t, latest(t, r).FS)
	must(t, os.RemoveAll(above))
	must(t, os.WriteFile(above, nil, 0o600))
	for range 3 {
		if _, err := r.Latest(t.Context()); err == nil || !strings.Contains(err.Error(), "make mirror: mkdir "+above) {
			t.Errorf("got %v", err)
		}
	}
	if n := logs.FilterMessage("mirror is broken, making it anew").Len(); n != 1 {
		t.Errorf("the log says it %d times: %v", n, logs.All())
	}
	must(t, os.Remove(above))
	checkHealed(t, r, want)
	if other, err := Open(t.Context(), c); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v, %v", other, err)
	}
	must(t, os.RemoveAll(c.Dir))
	checkHealed(t, r, want)
	if n := logs.FilterMessage("mirror is broken, making it anew").Len(); n != 2 {
		t.Errorf("the log says it %d times though it broke twice", n)
	}
}

// In-place damage that a directory listing can't show is met by a reader, and mended at the next look.
func TestGarbageInsideAPackIsMetAndHealed(t *testing.T) {
	u := newUpstream(t)
	u.fill(200)
	u.commit("many")
	c := settings(t, u.dir)
	r, err := Open(t.Context(), c)
	must(t, err)
	pack := packPaths(t, r, ".pack")[0]
	data, err := os.ReadFile(pack)
	must(t, err)
	must(t, r.Close())
	r = open(t, c)
	for i := 12; i < len(data)-20; i++ {
		data[i] ^= 0x5a
	}
	must(t, os.Chmod(pack, 0o600))
	must(t, os.WriteFile(pack, data, 0o600))
	s := latest(t, r)
	if _, err := s.FS.(fs.ReadFileFS).ReadFile("services/s001/routes-07.yaml"); err == nil {
		t.Fatal("garbage was read without an error")
	}
	if got := len(files(t, latest(t, r).FS)); got != 200 {
		t.Errorf("%d files after healing, want 200", got)
	}
	if got := len(files(t, s.FS)); got != 200 {
		t.Errorf("%d files in the older snapshot, want 200", got)
	}
}

// The mirror has the new head already, and not what belongs to it: the fetch finds nothing to do, the proof does.
func TestAHeadWithoutItsFilesIsHealed(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	r := open(t, settings(t, u.dir))
	u.write("a", "a")
	second := u.commit("second")
	data, err := os.ReadFile(loose(filepath.Join(u.dir, ".git"), second))
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(loose(r.mirror.dir, second)), 0o700))
	must(t, os.WriteFile(loose(r.mirror.dir, second), data, 0o600))
	s := latest(t, r)
	if s.Commit.Hash != second || s.Previous != first || s.Rewritten || len(files(t, s.FS)) != 5 {
		t.Errorf("got %+v", s)
	}
}

// A hole in the history is damage too, although the head is whole.
func TestAHoleInTheHistoryIsHealed(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("a", "a")
	u.commit("second")
	c := settings(t, u.dir)
	r, err := Open(t.Context(), c)
	must(t, err)
	loosen(t, r.mirror.dir)
	must(t, removeLoose(r.mirror.dir, first))
	must(t, r.Close())
	r = open(t, c)
	if s, err := r.At(first); err != nil || len(files(t, s.FS)) != 4 {
		t.Errorf("the first commit: %v", err)
	}
}

// A snapshot that a renewed mirror no longer holds is an error to its reader, and no reason to make the mirror anew each time.
func TestAForgottenSnapshotIsNoDamage(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	u.write("gone.yaml", "gone")
	u.commit("will be pushed away")
	r := open(t, settings(t, u.dir))
	old := latest(t, r)
	u.git("reset", "-q", "--hard", first)
	u.write("a", "a")
	u.commit("instead")
	latest(t, r)
	r.maxPacks = 1
	latest(t, r)
	r.maxPacks = maxPacks
	if data, err := fs.ReadFile(old.FS, "gone.yaml"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %q, %v", data, err)
	}
	dir := r.mirror.dir
	if s := latest(t, r); s.Rewritten || r.mirror.dir != dir {
		t.Error("the mirror was made anew for nothing")
	}
}

func TestHalfMadeMirrorIsRemoved(t *testing.T) {
	u := newUpstream(t)
	u.first()
	c := settings(t, u.dir)
	must(t, os.MkdirAll(filepath.Join(c.Dir, mirrorPrefix+"HALF", "objects"), 0o700))
	must(t, os.WriteFile(filepath.Join(c.Dir, currentFile), []byte(mirrorPrefix+"GONE"), 0o600))
	r := open(t, c)
	if got := len(files(t, latest(t, r).FS)); got != 4 {
		t.Errorf("%d files, want 4", got)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, mirrorPrefix+"HALF")); err == nil {
		t.Error("the half-made mirror is still there")
	}
}

// The law: what can't be read is never empty and never short.
func TestMissingObjectIsNeverAnEmptyList(t *testing.T) {
	for _, gone := range []string{"HEAD^{tree}", "HEAD:environments", "HEAD:environments/prod", "HEAD:base", "HEAD:base/routes.yaml"} {
		t.Run(gone, func(t *testing.T) {
			u := newUpstream(t)
			u.first()
			r := open(t, settings(t, u.dir))
			hash := u.git("rev-parse", gone)
			loosenAndRemove(gone)(t, u, r)
			must(t, r.objects.reset(r.mirror.dir, true))
			s, err := r.snapshot(r.head)
			must(t, err)
			seen := 0
			err = fs.WalkDir(s.FS, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				seen++
				_, err = fs.ReadFile(s.FS, path)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), hash) || errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("walked %d files with error %v; want one that names %s", seen, err, hash)
			}
			if _, err := Diff(newTree(r.objects, plumbing.NewHash(emptyTree), s.Commit.When), s.FS); err == nil && gone != "HEAD:base/routes.yaml" {
				t.Error("the difference has no error")
			}
			if err := verify(r.objects, r.head, map[plumbing.Hash]bool{}); err == nil {
				t.Error("the commit was verified")
			}
		})
	}
}

// emptyTree is the hash of a tree without entries. The mirror lacks it, which is an error too.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// A whole object under the wrong name is damage: no one would notice that a directory shows another's files.
func TestAnObjectUnderTheWrongNameIsAnError(t *testing.T) {
	u := newUpstream(t)
	u.first()
	r := open(t, settings(t, u.dir))
	loosen(t, r.mirror.dir)
	for _, pair := range [][2]string{{"HEAD:base", "HEAD:environments/prod"}, {"HEAD:sluice.yaml", "HEAD:base/routes.yaml"}} {
		data, err := os.ReadFile(loose(r.mirror.dir, u.git("rev-parse", pair[1])))
		must(t, err)
		target := loose(r.mirror.dir, u.git("rev-parse", pair[0]))
		must(t, os.Remove(target))
		must(t, os.WriteFile(target, data, 0o600))
	}
	must(t, r.objects.reset(r.mirror.dir, true))
	s, err := r.snapshot(r.head)
	must(t, err)
	if entries, err := fs.ReadDir(s.FS, "base"); err == nil {
		t.Errorf("base has %v", entries)
	}
	if data, err := fs.ReadFile(s.FS, "sluice.yaml"); err == nil {
		t.Errorf("sluice.yaml holds %q", data)
	}
}

func TestManyPacksRenewTheMirror(t *testing.T) {
	u := newUpstream(t)
	u.first()
	c := settings(t, u.dir)
	r := open(t, c)
	r.maxPacks = 4
	first := r.mirror.dir
	for range 3 {
		u.write("sluice.yaml", u.now.String())
		u.commit("more")
		latest(t, r)
	}
	old := latest(t, r)
	if packs, err := r.mirror.packs(); err != nil || packs.count() != 1 || r.mirror.dir == first {
		t.Errorf("%v in %s, %v; want 1 pack in a new mirror", packs, r.mirror.dir, err)
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("the old mirror is still there")
	}
	must(t, fstest.TestFS(old.FS, "environments/prod/routes.yaml"))
	if s := latest(t, r); s.Rewritten || s.Previous != old.Commit.Hash {
		t.Errorf("after the swap: %+v", s)
	}
}
