package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

type hasher interface{ Hash(string) (string, bool) }

// oddities makes a repository with what a config repo may not hold.
func oddities(t *testing.T) (*upstream, fs.FS) {
	t.Helper()
	u := newUpstream(t)
	commit := u.first()
	u.write("run.sh", "#!/bin/sh\n")
	must(t, os.Chmod(filepath.Join(u.dir, "run.sh"), 0o755))
	must(t, os.Symlink("base/routes.yaml", filepath.Join(u.dir, "link.yaml")))
	must(t, os.Symlink("base", filepath.Join(u.dir, "linked")))
	u.git("update-index", "--add", "--cacheinfo", "160000,"+commit+",vendored")
	u.write("big.yaml", strings.Repeat("#", maxFile+1))
	u.write("base.yaml", "beside a directory of nearly that name\n")
	u.git("add", "run.sh", "link.yaml", "linked", "big.yaml", "base.yaml")
	u.git("commit", "-q", "-m", "odd")
	return u, latest(t, open(t, settings(t, u.dir))).FS
}

func TestModes(t *testing.T) {
	_, fsys := oddities(t)
	entries, err := fs.ReadDir(fsys, ".")
	must(t, err)
	got := map[string]string{}
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		got[e.Name()] = info.Mode().String()
		if info.Mode().Type() != e.Type() {
			t.Errorf("%s: types differ", e.Name())
		}
	}
	want := map[string]string{
		"base": "drwxr-xr-x", "environments": "drwxr-xr-x", "sluice.yaml": "-rw-r--r--", "run.sh": "-rwxr-xr-x", "big.yaml": "-rw-r--r--",
		"base.yaml": "-rw-r--r--", "link.yaml": "Lrwxrwxrwx", "linked": "Lrwxrwxrwx", "vendored": "?---------",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
}

func TestUnreadableEntries(t *testing.T) {
	_, fsys := oddities(t)
	for path, want := range map[string]string{
		"link.yaml":          `read link.yaml: "link.yaml" is a symlink, which is not followed`,
		"linked/routes.yaml": `read linked/routes.yaml: "linked" is a symlink, which is not followed`,
		"vendored":           `read vendored: "vendored" is a submodule, which is not read`,
		"vendored/x":         `read vendored/x: "vendored" is a submodule, which is not read`,
		"big.yaml":           fmt.Sprintf("the file has %d bytes, more than the %d that are read", maxFile+1, maxFile),
		"base":               "read base: is a directory",
		"../x":               "read ../x: invalid argument",
	} {
		_, err := fs.ReadFile(fsys, path)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
		if _, err := fsys.Open(path); err == nil && path != "base" {
			t.Errorf("%s was opened", path)
		}
	}
	for _, path := range []string{"none", "base/none", "sluice.yaml/none"} {
		if _, err := fs.ReadFile(fsys, path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if info, err := fs.Stat(fsys, "big.yaml"); err != nil || info.Size() != maxFile+1 {
		t.Errorf("size of big.yaml: %v, %v", info, err)
	}
}

func TestFS(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.write("base-x/file", "Git sorts base-x before base/")
	u.write("base.d/file", "")
	u.commit("more")
	s := latest(t, open(t, settings(t, u.dir)))
	must(t, fstest.TestFS(s.FS, "sluice.yaml", "environments/prod/routes.yaml", "base-x/file", "base.d/file"))
	sub, err := fs.Sub(s.FS, "environments")
	must(t, err)
	must(t, fstest.TestFS(sub, "prod/routes.yaml"))
}

func TestHashIsGits(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := latest(t, open(t, settings(t, u.dir)))
	for _, path := range []string{"sluice.yaml", "environments", "environments/prod", "environments/prod/routes.yaml"} {
		if got, ok := s.FS.(hasher).Hash(path); !ok || got != u.git("rev-parse", "HEAD:"+path) {
			t.Errorf("%s: %s, %t", path, got, ok)
		}
	}
	if got, _ := s.FS.(hasher).Hash("."); got != u.git("rev-parse", "HEAD^{tree}") {
		t.Errorf("root: %s", got)
	}
	if _, ok := s.FS.(hasher).Hash("none"); ok {
		t.Error("a path that isn't there has a hash")
	}
	sub, err := fs.Sub(s.FS, "environments/prod")
	must(t, err)
	if got, ok := sub.(hasher).Hash("routes.yaml"); !ok || got != u.git("rev-parse", "HEAD:environments/prod/routes.yaml") {
		t.Errorf("below a sub: %s", got)
	}
}

func TestDiffAgreesWithGit(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.fill(250)
	u.write("turns/into/a/file", "x")
	u.write("was-file", "x")
	from := u.commit("from")
	u.write("base/routes.yaml", "changed\n")
	u.write("base/added.yaml", "")
	must(t, os.Remove(filepath.Join(u.dir, "services/s001/routes-03.yaml")))
	must(t, os.RemoveAll(filepath.Join(u.dir, "environments")))
	must(t, os.RemoveAll(filepath.Join(u.dir, "turns")))
	u.write("turns", "a file")
	must(t, os.Remove(filepath.Join(u.dir, "was-file")))
	u.write("was-file/in/here", "x")
	must(t, os.Chmod(filepath.Join(u.dir, "services/s000/routes-00.yaml"), 0o755))
	to := u.commit("to")
	r := open(t, settings(t, u.dir))
	a, err := r.At(from)
	must(t, err)
	b, err := r.At(to)
	must(t, err)
	want := strings.Split(u.git("diff", "--no-renames", "--name-only", from, to), "\n")
	for _, pair := range [][2]fs.FS{{a.FS, b.FS}, {b.FS, a.FS}} {
		got, err := Diff(pair[0], pair[1])
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("paths (-git +got):\n%s", diff)
		}
	}
	if got, err := Diff(a.FS, a.FS); err != nil || got != nil {
		t.Errorf("a commit differs from itself: %v, %v", got, err)
	}
	if _, err := Diff(a.FS, fstest.MapFS{}); err == nil {
		t.Error("a foreign file system was compared")
	}
}

// Readers go on while the mirror is fetched into and swapped.
func TestReadersAndFetchesTogether(t *testing.T) {
	u := newUpstream(t)
	u.fill(150)
	u.commit("many")
	r := open(t, settings(t, u.dir))
	r.maxPacks = 3
	s := latest(t, r)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := 0
				err := fs.WalkDir(s.FS, ".", func(path string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					n++
					_, err = fs.ReadFile(s.FS, path)
					return err
				})
				if err != nil || n != 150 {
					t.Errorf("%d files, %v", n, err)
					return
				}
			}
		})
	}
	for range 10 {
		u.write("sluice.yaml", u.now.String())
		want := u.commit("more")
		if got := latest(t, r); got.Commit.Hash != want || got.Rewritten {
			t.Errorf("got %+v", got)
		}
		latest(t, r)
	}
	close(stop)
	readers.Wait()
}

func TestParseTreeRefuses(t *testing.T) {
	hash := strings.Repeat("h", 20)
	for name, data := range map[string]string{
		"cut in the mode":    "1006",
		"cut in the name":    "100644 rou",
		"cut in the hash":    "100644 a\x00" + hash[:19],
		"a mode in letters":  "rw a\x00" + hash,
		"an unknown mode":    "10644 a\x00" + hash,
		"no name":            "100644 \x00" + hash,
		"dot dot":            "100644 ..\x00" + hash,
		"a slash":            "100644 a/b\x00" + hash,
		"a .git":             "040000 .GIT\x00" + hash,
		"one name twice":     "100644 a\x00" + hash + "040000 a\x00" + hash,
		"something after it": "100644 a\x00" + hash + "x",
	} {
		if entries, err := parseTree([]byte(data)); err == nil {
			t.Errorf("%s: got %v", name, entries)
		}
	}
}

func FuzzParseTree(f *testing.F) {
	f.Add([]byte("100644 a\x00" + strings.Repeat("h", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTree(data)
		if err == nil && len(entries) == 0 && len(data) > 0 {
			t.Error("bytes gave an empty tree")
		}
	})
}

// TestANameThatIsNotUTF8 is one that Git can hold and a path of fs.FS can't.
func TestANameThatIsNotUTF8(t *testing.T) {
	u := newUpstream(t)
	u.first()
	u.write("base/caf\xe9.yaml", "routes: {}\n")
	u.commit("odd")
	fsys := latest(t, open(t, settings(t, u.dir))).FS
	_, err := fs.ReadFile(fsys, "base/caf\xe9.yaml")
	want := `read "base/caf\xe9.yaml": invalid argument: the name is not valid UTF-8: rename it`
	if err == nil || err.Error() != want || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %s", err, want)
	}
}
