package sluice_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestDocumentExamples gives the examples of the documents to the loaders. An example is marked in the line before it:
//
//	<!-- repo: NAME PATH -->          a file of the config repo NAME, which must be without faults
//	<!-- render: NAME ENV/GROUP -->   what the config repo NAME renders to
//	<!-- daemon -->                   a daemon's own file, which must be without faults
func TestDocumentExamples(t *testing.T) {
	examples := readExamples(t, "README.md", "docs/config.md")
	repos := map[string]fstest.MapFS{}
	for _, e := range examples {
		if e.marks[0] == "repo" {
			if repos[e.marks[1]] == nil {
				repos[e.marks[1]] = fstest.MapFS{}
			}
			repos[e.marks[1]][e.marks[2]] = &fstest.MapFile{Data: []byte(e.text)}
		}
	}
	if len(repos) < 3 {
		t.Fatalf("%d config repos found in the documents: the search is broken", len(repos))
	}
	for name, repo := range repos {
		t.Run(name, func(t *testing.T) { renderAll(t, repo) })
	}
	for _, e := range examples {
		switch e.marks[0] {
		case "render":
			t.Run(e.where, func(t *testing.T) { checkRendered(t, repos[e.marks[1]], e) })
		case "daemon":
			t.Run(e.where, func(t *testing.T) { checkDaemonFile(t, e.text) })
		}
	}
}

// example is one marked block.
type example struct {
	where string // the document and the mark
	marks []string
	text  string
}

var markedBlock = regexp.MustCompile("(?s)<!-- (repo|render|daemon)(:[^>]*)? -->\n```yaml\n(.*?)```")

func readExamples(t *testing.T, files ...string) []example {
	t.Helper()
	var examples []example
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range markedBlock.FindAllStringSubmatch(string(data), -1) {
			marks := append([]string{found[1]}, strings.Fields(strings.TrimPrefix(found[2], ":"))...)
			examples = append(examples, example{file + " " + strings.Join(marks, " "), marks, found[3]})
		}
	}
	return examples
}

func renderAll(t *testing.T, repo fstest.MapFS) map[string]gateway.State {
	t.Helper()
	tree := environments.Load(repo)
	if err := tree.Faults.Err(); err != nil {
		t.Fatal(err)
	}
	states := map[string]gateway.State{}
	for _, env := range tree.Environments {
		for _, group := range env.Groups() {
			state, faults := render.New().Render(repo, tree, env, group, nil)
			if err := faults.Err(); err != nil {
				t.Errorf("%s/%s: %v", env.Name, group, err)
			}
			states[env.Name+"/"+group] = state
		}
	}
	return states
}

func checkRendered(t *testing.T, repo fstest.MapFS, e example) {
	state, ok := renderAll(t, repo)[e.marks[2]]
	if !ok {
		t.Fatalf("the config repo has no %s", e.marks[2])
	}
	var got bytes.Buffer
	if err := strictyaml.Encode(&got, state.Fragment()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.text, got.String()); diff != "" {
		t.Errorf("render (-document +got):\n%s", diff)
	}
}

var namedFile = regexp.MustCompile(`(?m)(?:File|stateFile|dir|keyring): (/[^\s,}]+)`)

// checkDaemonFile loads a daemon's file after making the files that it names.
func checkDaemonFile(t *testing.T, text string) {
	root := t.TempDir()
	for _, found := range namedFile.FindAllStringSubmatchIndex(text, -1) {
		path := filepath.Join(root, text[found[2]:found[3]])
		if key := text[found[0]:]; strings.HasPrefix(key, "dir") || strings.HasPrefix(key, "keyring") {
			makeDir(t, path)
			continue
		}
		makeDir(t, filepath.Dir(path))
		if err := os.WriteFile(path, []byte(strings.Repeat("x", 32)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text = namedFile.ReplaceAllStringFunc(text, func(line string) string {
		key, path, _ := strings.Cut(line, ": ")
		return key + ": " + root + path
	})
	file := filepath.Join(root, "sluice-daemon.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("US_ADMIN_KEY", "x")
	if _, faults := settings.Load(file); len(faults) > 0 {
		t.Error(faults)
	}
}

func makeDir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

var namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")

// TestArchitectureDocument holds that every test which docs/architecture.md names for a law is there.
func TestArchitectureDocument(t *testing.T) {
	document, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list(t) {
		for _, file := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			files = append(files, filepath.Join(p.Dir, file))
		}
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(data)
	}
	for _, found := range namedTest.FindAllStringSubmatch(string(document), -1) {
		if !strings.Contains(tests.String(), "func "+found[1]+"(") {
			t.Errorf("docs/architecture.md names %s, which does not exist", found[1])
		}
	}
}
