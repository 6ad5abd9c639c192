package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// instruction is one of a container file, as deploy/tools/container prints it.
type instruction struct {
	Stage, Name string
	Words       []string
}

// TestContainerFile holds what the image is: nothing but the program and what it needs, and nobody's. No image is built: that needs a
// container engine.
func TestContainerFile(t *testing.T) {
	printed, err := output(tool(t, "container"), "container/Containerfile")
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	last := map[string][]string{} // of the stage that becomes the image
	for line := range strings.Lines(printed) {
		var i instruction
		if err := json.Unmarshal([]byte(line), &i); err != nil {
			t.Fatal(err)
		}
		name := strings.ToLower(i.Name)
		copiesWhatIsThere(t, name, i.Words)
		if i.Stage == "scratch" {
			last[name] = i.Words
		}
		if name == "run" && i.Stage == "scratch" {
			t.Errorf("the image has no shell to run %q", i.Words)
		}
	}
	for name, want := range map[string][]string{
		"user": {"65532:65532"}, "entrypoint": {"/sluice"}, "cmd": {"run", "-c", "/etc/sluice/sluice-daemon.yaml"}, "volume": {"/var/lib/sluice"},
	} {
		if !slices.Equal(last[name], want) {
			t.Errorf("%s is %q, want %q", name, last[name], want)
		}
	}
}

// copiesWhatIsThere holds that what is copied out of the checkout is in it.
func copiesWhatIsThere(t *testing.T, name string, words []string) {
	if name != "copy" || slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, "--from") }) {
		return
	}
	for _, source := range words[:len(words)-1] {
		if strings.HasPrefix(source, "--") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", source)); err != nil {
			t.Errorf("copy: %v", err)
		}
	}
}

// TestTheImageHoldsItsSource holds that .dockerignore keeps no file out that the program is built from.
func TestTheImageHoldsItsSource(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", "./cmd/sluice")
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	listed, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"go.mod", "go.sum", "deploy/container/passwd"}
	for decoder := json.NewDecoder(strings.NewReader(string(listed))); decoder.More(); {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.EmbedFiles) {
			paths = append(paths, filepath.ToSlash(strings.TrimPrefix(filepath.Join(p.Dir, name), root+string(filepath.Separator))))
		}
	}
	if len(paths) < 100 {
		t.Fatalf("the program is built from %d files only", len(paths))
	}
	match := exec.Command(tool(t, "container"), "-ignored", "../.dockerignore")
	match.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	if ignored, err := match.CombinedOutput(); err != nil || len(ignored) > 0 {
		t.Errorf("%v; these are kept out:\n%s", err, ignored)
	}
}
