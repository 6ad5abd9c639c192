package preview

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/sops"
	"github.com/sluice-gitops/sluice/source"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a config repo with its daemon's parts, gateways and a forge in memory.
type rig struct {
	t       *testing.T
	repo    string
	source  *source.Repository
	groups  []reconciler.Group
	journal *record.Journal
	forge   *memory
	config  Config
	*Previewer
}

func newRig(t *testing.T, layout string) *rig {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("LOUD SKIP: nothing is previewed, because git is missing")
	}
	r := &rig{t: t, repo: t.TempDir(), forge: &memory{comments: map[int]string{}, statuses: map[string]forge.Status{}, most: 65536}}
	r.git("init", "--quiet", "--initial-branch=main")
	r.write(layout)
	r.commit("begin")
	var err error
	r.source, err = source.Open(t.Context(), source.Config{URL: r.repo, Branch: "main", Dir: filepath.Join(t.TempDir(), "mirror")})
	must(t, err)
	t.Cleanup(func() { must(t, r.source.Close()) })
	r.config = Config{
		Repository: r.source, Forge: r.forge, Branch: "main",
		ForkKeys: sops.NewKeyring(sops.Config{Lenient: true}),
		File:     FileLinks(forge.Gitea, "https://git.acme.example/", "acme/gateways"),
	}
	r.Previewer = New(r.config)
	return r
}

// apply rolls main out to embedded gateways, and plans against them from now on.
func (r *rig) apply(groups map[string]string) {
	r.t.Helper()
	for name, env := range groups {
		r.groups = append(r.groups, reconciler.Group{Name: name, Environment: env, Gateway: startGateway(r.t, name)})
	}
	var err error
	r.journal, err = record.Open(filepath.Join(r.t.TempDir(), "journal"), nil)
	must(r.t, err)
	r.t.Cleanup(func() { must(r.t, r.journal.Close()) })
	made, err := reconciler.New(reconciler.Config{Source: r.source, History: r.source, Groups: r.groups, Journal: r.journal})
	must(r.t, err)
	_, err = made.Once(r.t.Context())
	must(r.t, err)
	must(r.t, made.Settled(r.t.Context()))
	r.config.Live = func(history reconciler.History) *reconciler.Planner {
		return reconciler.NewPlanner(reconciler.Config{Groups: r.groups, History: history}, r.journal.View)
	}
	r.Previewer = New(r.config)
}

func startGateway(t *testing.T, name string) *apisix.Gateway {
	t.Helper()
	gw, err := embedded.Start(embedded.Config{AdminKey: "key"})
	must(t, err)
	t.Cleanup(func() { must(t, gw.Close()) })
	client, err := apisix.New(apisix.Config{
		Name: name, AdminURL: gw.AdminURL(), SettleTime: time.Millisecond, Retries: -1,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	must(t, err)
	return client
}

func (r *rig) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.repo, "-c", "user.name=T", "-c", "user.email=t@acme.example", "-c", "gc.auto=0"}, args...)...)
	const when = "2026-01-02T03:04:05Z"
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// write puts the files of a txtar text into the work tree; a file that holds nothing but "gone" goes.
func (r *rig) write(text string) {
	r.t.Helper()
	for _, file := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(r.repo, file.Name)
		if string(file.Data) == "gone\n" {
			must(r.t, os.Remove(path))
			continue
		}
		must(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(r.t, os.WriteFile(path, file.Data, 0o644))
	}
}

func (r *rig) commit(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.git("rev-parse", "HEAD")
}

// pull opens a pull request with these changes on top of main, or pushes to the one with that number.
func (r *rig) pull(number int, fork bool, files, message string) forge.Pull {
	r.t.Helper()
	ref := fmt.Sprintf("refs/pull/%d/head", number)
	r.git("checkout", "--quiet", "--detach", "main")
	r.write(files)
	head := r.commit(message)
	r.git("update-ref", ref, head)
	r.git("checkout", "--quiet", "main")
	return r.forge.open(forge.Pull{
		Number: number, State: forge.PullOpen, Head: head, HeadRef: ref, Base: "main", Fork: fork, URL: fmt.Sprintf("https://git.acme.example/pulls/%d", number),
	})
}

// push commits to main and lets the mirror follow.
func (r *rig) push(files, message string) string {
	r.t.Helper()
	r.write(files)
	head := r.commit(message)
	_, err := r.source.Latest(r.t.Context())
	must(r.t, err)
	return head
}

// memory is a forge that keeps what it is told, and counts.
type memory struct {
	mu       sync.Mutex
	pulls    []forge.Pull
	comments map[int]string
	statuses map[string]forge.Status // by commit and context
	told     []string
	most     int
	posts    int // of statuses
	trouble  error
}

func (m *memory) open(p forge.Pull) forge.Pull {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.pulls {
		if m.pulls[i].Number == p.Number {
			m.pulls[i] = p
			return p
		}
	}
	m.pulls = append(m.pulls, p)
	return p
}

func (m *memory) OpenPulls(_ context.Context, base string) ([]forge.Pull, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var open []forge.Pull
	for _, p := range m.pulls {
		if p.Base == base {
			open = append(open, p)
		}
	}
	return open, m.trouble
}

func (m *memory) Pull(_ context.Context, number int) (forge.Pull, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pulls {
		if p.Number == number {
			return p, m.trouble
		}
	}
	return forge.Pull{Number: number, State: forge.PullClosed}, m.trouble
}

func (m *memory) Comment(_ context.Context, number int, marker, body string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.comments[number] = body
	m.told = append(m.told, fmt.Sprintf("comment %d", number))
	return m.trouble
}

func (m *memory) MostComment() int { return m.most }

func (m *memory) SetStatus(_ context.Context, commit string, s forge.Status) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses[commit+" "+s.Context] = s
	m.posts++
	return m.trouble
}

func (m *memory) comment(number int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.comments[number]
}

func (m *memory) status(commit, environment string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.statuses[commit+" "+StatusContext+environment]
	return string(s.State) + ": " + s.Text
}

// taken returns what was told since the last call.
func (m *memory) taken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.told
	m.told = nil
	return told
}
