package promotion

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a config repo below a directory, its mirror, a journal that is told what runs, and a forge in memory.
type rig struct {
	t      *testing.T
	repo   string
	source *source.Repository
	runs   past
	forge  *memory
	passed bool
	*Promoter
}

// past says what each environment runs.
type past map[string]string

func (p past) LastApplied(environment, _ string) (record.Entry, bool) {
	commit, ok := p[environment]
	return record.Entry{Commit: commit, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, ok
}

// memory is a forge whose pull requests are branches of a repository.
type memory struct {
	repo    string
	pulls   []forge.Pull
	told    []string
	checks  forge.Checks
	refusal error
}

func (m *memory) head(branch string) string {
	out, err := exec.Command("git", "-C", m.repo, "rev-parse", branch).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func (m *memory) OpenPulls(context.Context, string) ([]forge.Pull, error) {
	var open []forge.Pull
	for _, pull := range m.pulls {
		if pull.State == forge.PullOpen {
			pull.Head = m.head(pull.HeadBranch)
			open = append(open, pull)
		}
	}
	return open, nil
}

func (m *memory) Open(_ context.Context, p forge.NewPull) (forge.Pull, error) {
	for i, pull := range m.pulls {
		if pull.State == forge.PullOpen && pull.HeadBranch == p.Head {
			m.told = append(m.told, fmt.Sprintf("update %d", pull.Number))
			m.pulls[i].Title, m.pulls[i].Body = p.Title, p.Body
			return m.pulls[i], nil
		}
	}
	made := forge.Pull{Number: len(m.pulls) + 1, State: forge.PullOpen, Title: p.Title, Body: p.Body + "\r\n", HeadBranch: p.Head, Base: p.Base}
	m.pulls = append(m.pulls, made)
	m.told = append(m.told, fmt.Sprintf("open %d", made.Number))
	return made, nil
}

func (m *memory) Close(_ context.Context, number int, _ string) error {
	m.pulls[number-1].State = forge.PullClosed
	m.told = append(m.told, fmt.Sprintf("close %d", number))
	return nil
}

func (m *memory) Merge(_ context.Context, number int, head string, _ forge.Message) (string, error) {
	if m.refusal != nil {
		return "", m.refusal
	}
	m.told = append(m.told, fmt.Sprintf("merge %d", number))
	m.pulls[number-1].State = forge.PullMerged
	return head, exec.Command("git", "-C", m.repo, "merge", "--quiet", "--ff-only", head).Run()
}

func (m *memory) Checks(context.Context, string) (forge.Checks, error) { return m.checks, nil }

const layout = `
-- gateways/sluice.yaml --
version: 1
-- gateways/services/users/users.yaml --
upstreams:
  users: {nodes: {"127.0.0.1:1980": 1}}
-- gateways/environments/uat/environment.yaml --
extends: [services/users]
groups: [uat]
`

func newRig(t *testing.T, promotion string) *rig {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("LOUD SKIP: nothing is promoted, because git is missing")
	}
	r := &rig{t: t, repo: t.TempDir(), runs: past{}}
	r.git("init", "--quiet", "--initial-branch=main")
	first := r.commit(layout, "Begin")
	r.commit(fmt.Sprintf("-- gateways/environments/prod/environment.yaml --\nextends:\n  - {path: services/users, revision: %s} # ours\nafter: [uat]\ngroups: [prod]\npromotion: %s\n",
		first, promotion), "Pin prod")
	var err error
	r.source, err = source.Open(t.Context(), source.Config{URL: r.repo, Branch: "main", Dir: filepath.Join(t.TempDir(), "mirror")})
	must(t, err)
	t.Cleanup(func() { must(t, r.source.Close()) })
	r.forge = &memory{repo: r.repo}
	r.Promoter = &Promoter{
		Mirror: r.source, Forge: r.forge, Past: r.runs, Branch: "main", Root: "gateways", Log: zap.NewNop(),
		Passed: func(int, string) bool { return r.passed },
	}
	return r
}

func (r *rig) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.repo, "-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "-c", "gc.auto=0"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *rig) commit(files, message string) string {
	r.t.Helper()
	for _, file := range txtar.Parse([]byte(files)).Files {
		path := filepath.Join(r.repo, file.Name)
		must(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(r.t, os.WriteFile(path, file.Data, 0o644))
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.git("rev-parse", "HEAD")
}

// edit changes prod's file on main.
func (r *rig) edit(old, new string) {
	r.t.Helper()
	const name = "gateways/environments/prod/environment.yaml"
	data, err := os.ReadFile(filepath.Join(r.repo, name))
	must(r.t, err)
	r.commit("-- "+name+" --\n"+strings.Replace(string(data), old, new, 1), "Edit")
}

// fetch brings the head of the open pull request into the mirror, as planning it does.
func (r *rig) fetch() {
	r.t.Helper()
	head := r.forge.head(BranchFor("prod"))
	must(r.t, r.source.FetchPull(r.t.Context(), 1, "refs/heads/"+BranchFor("prod"), head))
}

func port(n int) string {
	return fmt.Sprintf("-- gateways/services/users/users.yaml --\nupstreams:\n  users: {nodes: {\"127.0.0.1:%d\": 1}}\n", n)
}

// once lets the mirror follow, looks once, and returns what the forge was told.
func (r *rig) once() []string {
	r.t.Helper()
	_, err := r.source.Latest(r.t.Context())
	must(r.t, err)
	must(r.t, r.Once(r.t.Context()))
	told := r.forge.told
	r.forge.told = nil
	return told
}

// TestPromotionByPullRequest goes through the life of pull requests: one at a time, up to date, never twice, closed when moot.
func TestPromotionByPullRequest(t *testing.T) {
	r := newRig(t, "pull-request")
	var longer string
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"nothing runs yet", func() {}, nil},
		{"uat runs what prod has", func() { r.runs["uat"] = r.git("rev-parse", "main") }, nil},
		{"a commit that uat has not verified", func() { longer = r.commit(port(1981), "Another `port` @all") }, nil},
		{"uat has verified it", func() { r.runs["uat"] = longer }, []string{"open 1"}},
		{"nothing happens", func() {}, nil},
		{"the branch moves elsewhere", func() { r.commit("-- README --\nx\n", "A note") }, nil},
		{"uat runs that, and it changes nothing for prod", func() { r.runs["uat"] = r.git("rev-parse", "main") }, nil},
		{"the file changes on the branch", func() { r.edit("# ours", "# still ours"); r.fetch() }, []string{"update 1"}},
		{"uat verifies something newer", func() { r.runs["uat"] = r.commit(port(1982), "Yet another port") }, []string{"update 1"}},
		{"somebody closes it", func() { r.forge.pulls[0].State = forge.PullClosed }, nil},
		{"nothing happens to what was closed", func() {}, nil},
		{"uat verifies something newer than that", func() { r.runs["uat"] = r.commit(port(1984), "A port once more") }, []string{"open 2"}},
		{"uat is back at what prod has", func() { r.runs["uat"] = r.commit(port(1980), "The old port") }, []string{"close 2"}},
		{"there is something again", func() { r.runs["uat"] = r.commit(port(1983), "A fourth port") }, []string{"open 3"}},
		{"it is merged by hand", func() {
			r.forge.pulls[2].State = forge.PullMerged
			r.git("merge", "--quiet", "--ff-only", BranchFor("prod"))
		}, nil},
	}
	for _, step := range steps {
		step.do()
		if diff := cmp.Diff(step.want, r.once()); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	changed := r.git("diff", "HEAD~1", "HEAD", "--", "gateways/environments/prod/environment.yaml")
	if strings.Count(changed, "\n+ ") != 1 || !strings.Contains(changed, r.runs["uat"]) || !strings.Contains(changed, "# still ours") {
		t.Errorf("what was merged:\n%s", changed)
	}
}

// TestTheTextOfAPromotion says what it carries and by whom, and nothing that somebody wrote is taken for a mention.
func TestTheTextOfAPromotion(t *testing.T) {
	r := newRig(t, "pull-request")
	r.runs["uat"] = r.commit(port(1981), "Another `port` for @all")
	r.once()
	got := r.forge.pulls[0]
	if got.Title != "Promote services/users from uat to prod" || got.HeadBranch != "sluice/promote-prod" || got.Base != "main" {
		t.Errorf("pull request: %+v", got)
	}
	for _, want := range []string{"`` Another `port` for @all `` (`Ada`)", "`services/users`: `", "`uat` has verified this"} {
		if !strings.Contains(got.Body, want) {
			t.Errorf("%q is not in:\n%s", want, got.Body)
		}
	}
}

// TestPromotionByMerge merges when nothing stands against it, and not before.
func TestPromotionByMerge(t *testing.T) {
	r := newRig(t, "merge")
	r.runs["uat"] = r.commit(port(1981), "Another port")
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"it is opened", func() {}, []string{"open 1"}},
		{"it was not planned yet", func() {}, nil},
		{"a check is under way", func() { r.passed, r.forge.checks.Pending = true, []string{"ci"} }, nil},
		{"a check has failed", func() { r.forge.checks = forge.Checks{Failed: []string{"ci"}} }, nil},
		{"the forge's rules forbid it", func() {
			r.forge.checks, r.forge.refusal = forge.Checks{Passed: []string{"ci"}}, &forge.Error{Class: forge.Blocked, What: "approvals"}
		}, nil},
		{"nothing stands against it", func() { r.forge.refusal = nil }, []string{"merge 1"}},
		{"it is done", func() {}, nil},
	}
	for _, step := range steps {
		step.do()
		if got := r.once(); !slices.Equal(got, step.want) {
			t.Fatalf("%s: %v, want %v", step.name, got, step.want)
		}
	}
}

// TestOneThatCannotBePromotedStopsNoOther: what is wrong with one environment is told, and the others go on.
func TestOneThatCannotBePromotedStopsNoOther(t *testing.T) {
	r := newRig(t, "pull-request")
	r.commit("-- gateways/environments/dr/environment.yaml --\nextends: [services/users]\nafter: [uat]\ngroups: [dr]\npromotion: pull-request\n", "No pins")
	r.runs["uat"] = r.commit(port(1981), "Another port")
	_, err := r.source.Latest(t.Context())
	must(t, err)
	if err := r.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "promote to dr: dr pins no layer") {
		t.Errorf("an environment without pins: %v", err)
	}
	if len(r.forge.pulls) != 1 {
		t.Errorf("%d pull requests", len(r.forge.pulls))
	}
}
