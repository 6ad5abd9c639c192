package render_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// git is a config repo made with the git command.
type git struct {
	tb  testing.TB
	dir string
}

func newGit(tb testing.TB, files map[string]string) git {
	g := git{tb, tb.TempDir()}
	g.run("init", "-q", "-b", "main", ".")
	g.run("config", "gc.auto", "0")
	g.commit(files)
	return g
}

func (g git) run(args ...string) string {
	g.tb.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=Ada",
		"GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.tb.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, commits them and returns the hash.
func (g git) commit(files map[string]string) string {
	g.tb.Helper()
	for name, text := range files {
		full := filepath.Join(g.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
			g.tb.Fatal(err)
		}
	}
	g.run("add", "-A")
	g.run("commit", "-q", "-m", "change")
	return g.run("rev-parse", "HEAD")
}

// mirror opens what the daemon reads a config repo through.
func mirror(tb testing.TB, url string) *source.Repository {
	tb.Helper()
	repository, err := source.Open(context.Background(), source.Config{URL: url, Branch: "main", Dir: filepath.Join(tb.TempDir(), "mirror")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := repository.Close(); err != nil {
			tb.Error(err)
		}
	})
	return repository
}

// pass does what a pass of the daemon does before it looks at a gateway, for every group: at the newest commit, render and digest. It
// calls look with each state, and holds none longer.
func pass(tb testing.TB, repository *source.Repository, r *render.Renderer, look func(group string, state gateway.State)) {
	tb.Helper()
	snapshot, err := repository.Latest(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	past := func(text string) (source.Snapshot, error) { return repository.Ancestor(text, snapshot.Commit.Hash) }
	tree := environments.LoadPinned(snapshot.FS, nil, past)
	if err := tree.Faults.Err(); err != nil || len(tree.Environments) == 0 {
		tb.Fatal(err)
	}
	for _, env := range tree.Environments {
		for _, group := range env.Groups() {
			state, faults := r.Render(snapshot.FS, tree, env, group, nil)
			if err := faults.Err(); err != nil {
				tb.Fatal(err)
			}
			look(group, state)
		}
	}
}

// childRepo names, for a process of its own, the config repo that it measures itself on.
const childRepo = "SLUICE_BENCH_REPO"

// TestFleetInAProcessOfItsOwn is the other half of BenchmarkFleetRSS.
func TestFleetInAProcessOfItsOwn(t *testing.T) {
	url := os.Getenv(childRepo)
	if url == "" {
		t.Skip("SKIPPED: this is the process that BenchmarkFleetRSS starts")
	}
	repository, r := mirror(t, url), render.New()
	digest := func(_ string, state gateway.State) { state.Digest() }
	pass(t, repository, r, digest)
	cold := peak(t)
	pass(t, repository, r, digest)
	idle := peak(t)
	worker := git{t, url}
	worker.commit(map[string]string{"base/f000.yaml": "# changed\n" + worker.run("show", "HEAD:base/f000.yaml") + "\n"})
	pass(t, repository, r, digest)
	runtime.GC()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	fmt.Printf("\npeak-MiB cold=%d idle=%d one-file=%d kept=%d\n", cold, idle, peak(t), heap.HeapAlloc>>20)
	runtime.KeepAlive(r)
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that the process has had so far, in MiB.
func peak(tb testing.TB) int {
	status, err := os.ReadFile("/proc/self/status")
	found := highWater.FindSubmatch(status)
	if err != nil || found == nil {
		tb.Skip("SKIPPED: the peak of a process is not told here")
	}
	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		tb.Fatal(err)
	}
	return kib >> 10
}

var measured = regexp.MustCompile(`(\S+)=(\d+)`)

// BenchmarkFleetRSS measures the peak of a process that follows a Git repository of 10,000 resources for each of 20 gateway groups:
// after a cold pass, one with nothing to do, and one with one file changed.
func BenchmarkFleetRSS(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				repo := newGit(b, fleet(10_000, s))
				cmd := exec.Command(os.Args[0], "-test.run=^TestFleetInAProcessOfItsOwn$", "-test.v")
				cmd.Env = append(os.Environ(), childRepo+"="+repo.dir)
				out, err := cmd.CombinedOutput()
				if err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				for _, m := range measured.FindAllSubmatch(out, -1) {
					mib, err := strconv.ParseFloat(string(m[2]), 64)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(mib, string(m[1])+"-MiB")
				}
			}
		})
	}
}
