package render_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/strictyaml"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// repoOf makes a config repo of an archive, leaving out what is wanted. "a -> b" is a symlink, "a @ commit" a submodule.
func repoOf(archive *txtar.Archive) fstest.MapFS {
	repo := fstest.MapFS{}
	for _, file := range archive.Files {
		if file.Name == "want" || strings.HasPrefix(file.Name, "want/") {
			continue
		}
		name, target, link := strings.Cut(file.Name, " -> ")
		if link {
			repo[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
			continue
		}
		name, _, submodule := strings.Cut(file.Name, " @ ")
		if submodule {
			repo[name] = &fstest.MapFile{Mode: fs.ModeIrregular}
			continue
		}
		repo[name] = &fstest.MapFile{Data: file.Data}
	}
	return repo
}

// goldenDay is the day on which the archives of faults are looked at.
var goldenDay = time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)

// renderAll renders every group of every environment and returns all faults, those of the policies included.
func renderAll(repo fs.FS) (map[string]gateway.State, diag.List) {
	tree := environments.LoadPinned(repo, nil, pastIn(repo))
	policies, broken := policy.Load(repo)
	tree.Faults.Add(broken...)
	faults := append(diag.List{}, tree.Faults...)
	faults.Add(policies.CheckNames(tree.Names())...)
	renderer, states := render.New(), map[string]gateway.State{}
	for _, env := range tree.Environments {
		faults.Add(env.Faults...)
		for _, group := range env.Groups() {
			state, found := renderer.Render(repo, tree, env, group, nil)
			faults.Add(found...)
			if state != nil {
				faults.Add(policies.Check(env.Name, group, state, goldenDay)...)
				states[env.Name+"/"+group] = state
			}
		}
	}
	return states, faults.Sorted()
}

// archives reads the txtar files of a directory of testdata.
func archives(t *testing.T, dir string, run func(t *testing.T, name string, archive *txtar.Archive)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives in testdata/%s: %v", dir, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := txtar.Format(archive)
			run(t, name, archive)
			if after := txtar.Format(archive); *update && !bytes.Equal(before, after) {
				if err := os.WriteFile(file, after, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// compare checks one wanted file of an archive, or rewrites it.
func compare(t *testing.T, archive *txtar.Archive, name, got string) {
	t.Helper()
	for i, file := range archive.Files {
		if file.Name != name {
			continue
		}
		if *update {
			archive.Files[i].Data = []byte(got)
		} else if diff := cmp.Diff(string(file.Data), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		return
	}
	if !*update {
		t.Errorf("%s is not wanted, but there is:\n%s", name, got)
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func yamlOf(t *testing.T, state gateway.State) string {
	t.Helper()
	var b bytes.Buffer
	if err := strictyaml.Encode(&b, state.Fragment()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
