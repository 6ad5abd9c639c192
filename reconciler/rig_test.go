package reconciler_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// rig is a whole Sluice around a real Git repository and embedded gateways that are spoken to over HTTP.
type rig struct {
	t        *testing.T
	repo     string
	journal  string
	gateways map[string]*embedded.Gateway
	clients  map[string]*apisix.Gateway
	faults   map[string]*faults
	config   reconciler.Config
	source   *source.Repository
	afar     bool                                  // a worker does the work
	over     func(reconciler.Hand) reconciler.Hand // stands between the reconciler and the worker
	values   render.Values                         // of the worker; nil: those of the reconciler
	trusts   func(commit string) error             // what the worker trusts; nil: what the reconciler does
	passed   []string                              // what has passed between them
	*reconciler.Reconciler

	mu     sync.Mutex
	events []reconciler.Event
}

// faults makes the Admin API of a gateway misbehave.
type faults struct {
	mu     sync.Mutex
	answer func(r *http.Request) (status int, body string) // status 0 passes the request on
	writes []string
}

func (f *faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		answer := f.answer
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/configs/validate") {
			f.writes = append(f.writes, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/apisix/admin/"))
		}
		f.mu.Unlock()
		if answer != nil {
			if status, body := answer(r); status != 0 {
				if json.Valid([]byte(body)) {
					w.Header().Set("Content-Type", "application/json")
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (f *faults) set(answer func(*http.Request) (int, string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// taken returns the writes since the last call.
func (f *faults) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	writes := f.writes
	f.writes = nil
	return writes
}

// layout is the smallest config repo with three stages, prod in two waves.
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
global_rules:
  ids: {plugins: {request-id: {}}}
-- environments/test/environment.yaml --
extends: [base]
groups: [test]
vars: {domain: test.acme.example}
-- environments/uat/environment.yaml --
extends: [base]
after: [test]
groups: [uat]
vars: {domain: uat.acme.example}
-- environments/prod/environment.yaml --
extends: [base]
after: [uat]
groups: [prod-eu, prod-us]
vars: {domain: acme.example}
`

func newRig(t *testing.T) *rig {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: the git command is not installed")
	}
	r := &rig{
		t: t, repo: t.TempDir(), journal: filepath.Join(t.TempDir(), "journal.ndjson"),
		gateways: map[string]*embedded.Gateway{}, clients: map[string]*apisix.Gateway{}, faults: map[string]*faults{},
	}
	r.git("init", "--quiet", "--initial-branch=main")
	for name, env := range map[string]string{"test": "test", "uat": "uat", "prod-eu": "prod", "prod-us": "prod"} {
		r.addGroup(name, env)
	}
	r.write(layout)
	r.commit("begin")
	r.restart()
	return r
}

func (r *rig) addGroup(name, env string) {
	r.t.Helper()
	r.faults[name] = &faults{}
	gw, err := embedded.Start(embedded.Config{AdminKey: "key", Intercept: r.faults[name].wrap})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { gw.Close() })
	r.gateways[name] = gw
	client, err := apisix.New(apisix.Config{
		Name: name, AdminURL: gw.AdminURL(), SettleTime: time.Millisecond, Retries: -1,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.clients[name] = client
	r.config.Groups = append(r.config.Groups, reconciler.Group{Name: name, Environment: env, Gateway: client})
}

// restart opens everything anew over what is on disk, as a daemon does that was stopped.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	ctx := r.t.Context()
	var err error
	if r.source, err = source.Open(ctx, source.Config{URL: r.repo, Branch: "main", Dir: r.journal + ".git"}); err != nil {
		r.t.Fatal(err)
	}
	if r.config.Journal, err = record.Open(r.journal, nil); err != nil {
		r.t.Fatal(err)
	}
	r.config.Source, r.config.History = r.source, r.source
	r.config.Observe = func(e reconciler.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
	if r.config.DriftInterval == 0 {
		r.config.DriftInterval = time.Nanosecond // every pass looks at live
	}
	config := r.config
	if *everyHand || r.afar {
		config = r.byWorker(config)
	}
	if r.Reconciler, err = reconciler.New(config); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(r.stop)
}

func (r *rig) stop() {
	if r.source == nil {
		return
	}
	r.source.Close()
	r.config.Journal.Close()
	r.source = nil
}

func (r *rig) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.repo, "-c", "user.name=T", "-c", "user.email=t@acme.example"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// write puts the files of a txtar text into the repository.
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

func (r *rig) commit(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.git("rev-parse", "HEAD")
}

// pass runs one pass that must not fail as a whole.
func (r *rig) pass() reconciler.Pass {
	r.t.Helper()
	pass, err := r.Once(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return pass
}

// states are the environments as "test applied, uat queued, …".
func (r *rig) states() string {
	var parts []string
	for _, env := range r.Status().Environments {
		parts = append(parts, env.Name+" "+env.State)
	}
	return strings.Join(parts, ", ")
}

func (r *rig) wantStates(want string) {
	r.t.Helper()
	if got := r.states(); got != want {
		r.t.Fatalf("states: %s\nwant:   %s\n%+v", got, want, r.Status())
	}
}

// live returns what a gateway group holds.
func (r *rig) live(group string) gateway.State {
	r.t.Helper()
	state, err := r.clients[group].Live(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return state
}

func (r *rig) has(group, key string) bool {
	r.t.Helper()
	k, err := gateway.ParseKey(key)
	if err != nil {
		r.t.Fatal(err)
	}
	_, ok := r.live(group)[k]
	return ok
}

// put writes to a gateway behind Git's back.
func (r *rig) put(group, key string, spec map[string]any) {
	r.t.Helper()
	k, err := gateway.ParseKey(key)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.clients[group].Put(context.Background(), gateway.Resource{Key: k, Spec: spec}); err != nil {
		r.t.Fatal(err)
	}
	r.faults[group].taken()
}

// stranger returns what writes to a gateway as somebody whom the reconciler's own client knows nothing of.
func (r *rig) stranger(group string) func(key string, spec map[string]any) {
	r.t.Helper()
	client, err := apisix.New(apisix.Config{
		Name: "stranger", AdminURL: r.gateways[group].AdminURL(),
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return func(key string, spec map[string]any) {
		k, err := gateway.ParseKey(key)
		if err == nil {
			err = client.Put(context.Background(), gateway.Resource{Key: k, Spec: spec})
		}
		if err != nil {
			r.t.Error(err)
		}
	}
}

// logged starts anew with a log that can be looked at.
func (r *rig) logged() *observer.ObservedLogs {
	core, logs := observer.New(zap.WarnLevel)
	r.config.Log = zap.New(core)
	r.restart()
	return logs
}

// writes returns the writes that each group got since the last call.
func (r *rig) writes() map[string][]string {
	all := map[string][]string{}
	for name, f := range r.faults {
		if writes := f.taken(); len(writes) > 0 {
			all[name] = writes
		}
	}
	return all
}

// applied lists the groups in the order in which they were applied.
func (r *rig) applied() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var groups []string
	for _, e := range r.events {
		if e.Group != "" && e.State == record.Applied {
			groups = append(groups, e.Group)
		}
	}
	r.events = nil
	return groups
}

// entries returns the journal of an environment, oldest first, as "state group" lines.
func (r *rig) entries(env, commit string) []string {
	r.t.Helper()
	entries, err := r.config.Journal.Entries(record.Filter{Environment: env, Commit: commit})
	if err != nil {
		r.t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, strings.TrimSpace(string(e.State)+" "+e.Group))
	}
	slices.Reverse(lines)
	return lines
}
