package skew_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/skew"
	"github.com/sluice-gitops/sluice/source"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// TestGolden compares the environments that each "want/FIRST SECOND" names: first what is not meant, then all of it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "skew", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	repo := fstest.MapFS{}
	for _, one := range archive.Files {
		repo[one.Name] = &fstest.MapFile{Data: one.Data}
	}
	for i, one := range archive.Files {
		pair, ok := strings.CutPrefix(one.Name, "want/")
		if !ok {
			continue
		}
		first, second, _ := strings.Cut(pair, " ")
		got := told(side(t, repo, first), side(t, repo, second))
		if *update {
			archive.Files[i].Data = []byte(got)
		} else if diff := cmp.Diff(string(one.Data), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", pair, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func told(first, second skew.Side) string {
	all := skew.Environments(first, second)
	left, meant := skew.Unmeant(all)
	plain := func(_ skew.Op, text string) string { return text }
	var b bytes.Buffer
	skew.Text(&b, first.Name, second.Name, left, plain)
	fmt.Fprintf(&b, "\n%d meant; all:\n", meant)
	skew.Text(&b, first.Name, second.Name, all, plain)
	return b.String()
}

// side renders an environment. Below past/HASH/ stand the commits that it may pin.
func side(t testing.TB, repo fs.FS, name string) skew.Side {
	t.Helper()
	tree := environments.LoadPinned(repo, nil, func(text string) (source.Snapshot, error) {
		found, err := fs.Glob(repo, "past/"+text+"*")
		if err != nil || len(found) != 1 {
			return source.Snapshot{}, source.ErrUnknownCommit
		}
		fsys, err := fs.Sub(repo, found[0])
		return source.Snapshot{Commit: source.Commit{Hash: filepath.Base(found[0])}, FS: fsys}, err
	})
	env, ok := tree.Find(name)
	if !ok {
		t.Fatalf("no environment %q", name)
	}
	side := skew.Side{Name: name, Groups: env.Groups(), States: map[string]gateway.State{}}
	for _, group := range env.Groups() {
		state, faults := render.New().Render(repo, tree, env, group, nil)
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		side.States[group] = state
	}
	return side
}
