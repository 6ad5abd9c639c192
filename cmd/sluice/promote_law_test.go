package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/source"
)

// history is a config repo whose commits come out of one stream, which is faster than a git for each.
type history struct {
	t      *testing.T
	dir    string
	hashes []string

	stream  bytes.Buffer
	drafted int
}

// importHistory makes a repository of commits; each is a map of files, laid over the commit before.
func importHistory(t *testing.T, commits []map[string]string) *history {
	t.Helper()
	h := &history{t: t, dir: t.TempDir()}
	h.git(nil, "init", "--quiet", "--initial-branch=main")
	for _, files := range commits {
		h.draft(files)
	}
	h.git(h.stream.Bytes(), "fast-import", "--quiet")
	h.hashes = strings.Fields(h.git(nil, "rev-list", "--reverse", "main"))
	return h
}

// draft adds a commit to the stream.
func (h *history) draft(files map[string]string) {
	h.drafted++
	fmt.Fprintf(&h.stream, "commit refs/heads/main\ncommitter A <a@acme.example> %d +0000\ndata 1\nx\n", 1767323045+h.drafted)
	if h.hashes != nil {
		fmt.Fprintf(&h.stream, "from %s\n", h.hashes[len(h.hashes)-1])
	}
	for name, text := range files {
		fmt.Fprintf(&h.stream, "M 644 inline %s\ndata %d\n%s\n", name, len(text), text)
	}
}

// add makes one more commit.
func (h *history) add(files map[string]string) {
	h.t.Helper()
	h.stream.Reset()
	h.draft(files)
	h.git(h.stream.Bytes(), "fast-import", "--quiet")
}

func (h *history) git(stdin []byte, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", h.dir}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// digest renders an environment at a commit.
func (h *history) digest(c *clone, commit, env string) string {
	h.t.Helper()
	snapshot, err := c.At(commit)
	if err != nil {
		h.t.Fatal(err)
	}
	o := newOffline(snapshot.FS, func(text string) (source.Snapshot, error) { return c.Ancestor(text, snapshot.Commit.Hash) })
	found, err := o.find(env)
	if err != nil {
		h.t.Fatal(err)
	}
	state, faults := o.render(found, found.Groups()[0])
	if err := faults.Err(); err != nil {
		h.t.Fatal(err)
	}
	return state.Digest()
}

// scenario is a history, the pins of b at commits of it, and the commit that a runs.
type scenario struct {
	commits []map[string]string
	layers  []string
	pins    []int
	digits  []int // how much of each hash is written
	runs    int
}

// TestAPromotedEnvironmentIsWhatItComesFrom draws histories and pins at any of their commits: with the pins moved, b renders to what a
// runs, and a second promote has nothing to do. Each costs a repository, so there are few of them.
func TestAPromotedEnvironmentIsWhatItComesFrom(t *testing.T) {
	t.Setenv("GIT_AUTHOR_NAME", "A")
	t.Setenv("GIT_AUTHOR_EMAIL", "a@acme.example")
	scenarios := rapid.Custom(drawScenario)
	for seed := range 20 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { promoted(t, scenarios.Example(seed)) })
	}
}

func promoted(t *testing.T, s scenario) {
	h := importHistory(t, s.commits)
	var extends strings.Builder
	for i, layer := range s.layers {
		fmt.Fprintf(&extends, "  - {path: %s, revision: \"%s\"} # keep\n", layer, h.hashes[s.pins[i]][:s.digits[i]])
	}
	h.add(map[string]string{"environments/b/environment.yaml": "groups: [b]\nextends:\n" + extends.String()})
	// No file of the work tree is looked at but this one, which says where the config repo is.
	if err := os.WriteFile(filepath.Join(h.dir, "sluice.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	runs := h.hashes[s.runs]
	c, err := openClone(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	out := h.promote(runs)
	if !strings.HasPrefix(out, "nothing to promote") {
		h.git(nil, "update-ref", "refs/heads/main", "refs/heads/promoted")
	}
	if got, want := h.digest(c, "main", "b"), h.digest(c, runs, "a"); got != want {
		t.Fatalf("b is %s, a runs %s\n%s", got, want, out)
	}
	if again := h.promote(runs); !strings.HasPrefix(again, "nothing to promote") {
		t.Fatalf("a second promote:\n%s", again)
	}
}

func (h *history) promote(runs string) string {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(h.t.Context(), []string{"promote", "a", "b", "--repo", h.dir, "--commit", runs, "--branch", "promoted"}, nil, &stdout, &stderr)
	if status != exitDone {
		h.t.Fatalf("status %d\n%s%s", status, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// drawScenario draws commits that each change some of the layers, and pins to them.
func drawScenario(t *rapid.T) (s scenario) {
	number := func(least, most int, label string) int { return rapid.IntRange(least, most).Draw(t, label) }
	for i := range number(1, 3, "layers") {
		s.layers = append(s.layers, fmt.Sprintf("services/s%d", i))
	}
	for n := range number(1, 6, "commits") {
		files := map[string]string{}
		for i, layer := range s.layers {
			if n == 0 || rapid.Bool().Draw(t, "change") {
				files[layer+"/u.yaml"] = fmt.Sprintf("upstreams: {u%d: {nodes: {\"a:80\": 1}, retries: %d}}\n", i, number(0, 2, "retries"))
			}
		}
		if n == 0 {
			files["sluice.yaml"] = "version: 1\n"
			files["environments/a/environment.yaml"] = "groups: [a]\nextends: [" + strings.Join(s.layers, ", ") + "]\n"
		}
		s.commits = append(s.commits, files)
	}
	for range s.layers {
		s.pins, s.digits = append(s.pins, number(0, len(s.commits)-1, "pin")), append(s.digits, number(12, 40, "digits"))
	}
	s.runs = number(0, len(s.commits)-1, "runs")
	return s
}
