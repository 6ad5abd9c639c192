package insight_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// layout is a config repo of two stages, prod in two waves.
const layout = `
-- sluice.yaml --
version: 1
-- base/users.yaml --
upstreams:
  users: {nodes: {"127.0.0.1:1980": 1}}
services:
  users: {upstream_id: users, hosts: ["${vars.domain}"]}
routes:
  users: {service_id: users, uri: /users/*}
  login: {service_id: users, uri: /login, plugins: {limit-count: {count: 5, time_window: 60}}}
-- environments/test/environment.yaml --
extends: [base]
groups: [test]
vars: {domain: test.acme.example}
-- environments/prod/environment.yaml --
extends: [base]
after: [test]
groups: [prod-eu, prod-us]
vars: {domain: acme.example}
guard: {protect: ["routes/login"]}
`

// rig is a reconciler over a real repository and embedded gateways, and the model of it.
type rig struct {
	t        *testing.T
	repo     string
	gateways map[string]*embedded.Gateway
	clients  map[string]*apisix.Gateway
	source   *source.Repository
	journal  *record.Journal
	model    *insight.Model
	config   insight.Config
	*reconciler.Reconciler

	values   render.Values
	verifier reconciler.Verifier
	groups   []reconciler.Group
}

func newRig(t *testing.T) *rig {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: the git command is not installed")
	}
	r := &rig{t: t, repo: t.TempDir(), gateways: map[string]*embedded.Gateway{}, clients: map[string]*apisix.Gateway{}}
	r.git("init", "--quiet", "--initial-branch=main")
	r.write(layout)
	r.commit("begin")
	for name, env := range map[string]string{"test": "test", "prod-eu": "prod", "prod-us": "prod"} {
		r.groups = append(r.groups, r.gateway(name, env))
	}
	r.open()
	return r
}

func (r *rig) gateway(name, env string) reconciler.Group {
	r.t.Helper()
	gw, err := embedded.Start(embedded.Config{AdminKey: "key"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { gw.Close() })
	client, err := apisix.New(apisix.Config{
		Name: name, AdminURL: gw.AdminURL(), SettleTime: time.Millisecond, Retries: -1,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.gateways[name], r.clients[name] = gw, client
	return reconciler.Group{Name: name, Environment: env, Gateway: client}
}

func (r *rig) open() {
	r.t.Helper()
	var err error
	dir := r.t.TempDir()
	if r.source, err = source.Open(r.t.Context(), source.Config{URL: r.repo, Branch: "main", Dir: filepath.Join(dir, "mirror")}); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.source.Close() })
	if r.journal, err = record.Open(filepath.Join(dir, "journal"), nil); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.journal.Close() })
	r.config = insight.Config{
		Repository: "https://git.acme.example/gateways.git", Branch: "main", Past: r.journal.View, Mirror: r.source,
		Status:  func() reconciler.Status { return r.Status() },
		Planner: func() *reconciler.Planner { return r.Planner },
		FileURL: func(commit, path string, line int) string {
			return fmt.Sprintf("https://forge/%.7s/%s#L%d", commit, path, line)
		},
		CommitURL: func(commit string) string { return "https://forge/commit/" + commit },
	}
	r.restart()
}

// restart makes the model and the reconciler anew.
func (r *rig) restart() {
	r.t.Helper()
	r.model = insight.New(r.config)
	var err error
	r.Reconciler, err = reconciler.New(reconciler.Config{
		Source: r.source, History: r.source, Groups: r.groups, Values: r.values, Verifier: r.verifier, Journal: r.journal, DriftInterval: time.Nanosecond, Pulse: -1,
		Observe: func(e reconciler.Event) { r.model.Tell(e) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.repo, "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *rig) write(text string) {
	r.t.Helper()
	for _, file := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(r.repo, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

// commit commits all, and returns the hash.
func (r *rig) commit(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.git("rev-parse", "HEAD")
}

// land commits all, and has a pass over it.
func (r *rig) land(message string) string {
	r.t.Helper()
	hash := r.commit(message)
	r.pass()
	return hash
}

// seen lets the mirror fetch a commit without a pass.
func (r *rig) seen(hash string) string {
	r.t.Helper()
	if _, err := r.source.Latest(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return hash
}

// edit replaces text in a file of the repository.
func (r *rig) edit(file, old, text string) {
	r.t.Helper()
	path := filepath.Join(r.repo, file)
	data, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		r.t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, text)), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) pass() {
	r.t.Helper()
	if _, err := r.Once(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) put(group, key string, spec map[string]any) {
	r.t.Helper()
	if err := r.clients[group].Put(context.Background(), gateway.Resource{Key: parsed(r.t, key), Spec: spec}); err != nil {
		r.t.Fatal(err)
	}
}

func parsed(t *testing.T, text string) gateway.Key {
	t.Helper()
	key, err := gateway.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (r *rig) turn(env, commit string) insight.Turn {
	r.t.Helper()
	turn, err := r.model.Turn(r.t.Context(), env, commit)
	if err != nil {
		r.t.Fatal(err)
	}
	return turn
}

// told is the timeline of a turn, a line a moment.
func told(t insight.Turn) string {
	var b strings.Builder
	for _, m := range t.Timeline {
		fmt.Fprintf(&b, "%s %s", m.State, m.Group)
		if m.OK != nil {
			fmt.Fprintf(&b, " %t", *m.OK)
		}
		if m.Now {
			b.WriteString(" now")
		}
		fmt.Fprintf(&b, " %s\n", m.Text)
	}
	return b.String()
}

// kinds are the kinds of what can be done next.
func kinds(t insight.Turn) string {
	var all []string
	for _, step := range t.Next {
		all = append(all, step.Kind)
	}
	return strings.Join(all, " ")
}
