package render_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// snapshot is a config repo that knows its hashes, as one of a Git commit does. It counts the files that are read.
type snapshot struct {
	fstest.MapFS
	mu    sync.Mutex
	reads map[string]int
}

func snapshotOf(files map[string]string) *snapshot {
	repo := fstest.MapFS{}
	for name, text := range files {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return &snapshot{MapFS: repo, reads: map[string]int{}}
}

func (s *snapshot) ReadFile(name string) ([]byte, error) {
	s.mu.Lock()
	s.reads[name]++
	s.mu.Unlock()
	return s.MapFS.ReadFile(name)
}

func (s *snapshot) Hash(name string) (string, bool) {
	var b strings.Builder
	err := fs.WalkDir(s.MapFS, name, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			fmt.Fprintf(&b, "%s %q\n", path, s.MapFS[path].Data)
		}
		return err
	})
	return b.String(), err == nil
}

// files returns a repo with two environments and three groups, as a base to change.
func files() map[string]string {
	return map[string]string{
		"sluice.yaml":                        "version: 1\n",
		"environments/test/environment.yaml": "extends: base\ngroups: [test-eu]\nvars: {host: t}\n",
		"environments/prod/environment.yaml": "extends: base\ngroups: [prod-eu, prod-us]\nvars: {host: p}\n",
		"environments/prod/own.yaml":         "routes:\n  a: {methods: [GET]}\n",
		"base/up.yaml":                       "upstreams:\n  plain: {nodes: {\"a:80\": 1}}\n  var: {nodes: {\"${vars.host}:80\": 1}}\n",
		"base/routes.yaml":                   "routes:\n  a: {uri: /a, upstream_id: plain}\n",
	}
}

func mustRender(t *testing.T, r *render.Renderer, repo fs.FS, name, group string, values render.Values) gateway.State {
	t.Helper()
	tree := environments.Load(repo)
	env, ok := tree.Find(name)
	if !ok {
		t.Fatalf("no environment %s", name)
	}
	state, faults := r.Render(repo, tree, env, group, values)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestRenderReusesWhatDidNotChange(t *testing.T) {
	r := render.New()
	all := func(repo fs.FS) {
		mustRender(t, r, repo, "test", "test-eu", nil)
		mustRender(t, r, repo, "prod", "prod-eu", nil)
		mustRender(t, r, repo, "prod", "prod-us", nil)
	}
	all(snapshotOf(files()))
	if got, want := r.Stats(), (render.Stats{FilesParsed: 3, GroupsRendered: 3}); got != want {
		t.Errorf("first pass: %+v, want %+v", got, want)
	}
	all(snapshotOf(files()))
	if got, want := r.Stats(), (render.Stats{FilesParsed: 3, GroupsRendered: 3, GroupsReused: 3}); got != want {
		t.Errorf("same commit: %+v, want %+v", got, want)
	}
	changed := files()
	changed["environments/prod/own.yaml"] = "routes:\n  a: {methods: [PUT]}\n"
	repo := snapshotOf(changed)
	all(repo)
	if got, want := r.Stats(), (render.Stats{FilesParsed: 4, GroupsRendered: 5, GroupsReused: 4}); got != want {
		t.Errorf("one file changed: %+v, want %+v", got, want)
	}
	if repo.reads["base/up.yaml"]+repo.reads["base/routes.yaml"] > 0 {
		t.Errorf("unchanged files were read: %v", repo.reads)
	}
}

func TestRenderSharesWhatNothingTouches(t *testing.T) {
	r, repo := render.New(), snapshotOf(files())
	eu, us := mustRender(t, r, repo, "prod", "prod-eu", nil), mustRender(t, r, repo, "test", "test-eu", nil)
	plain := gateway.Key{Kind: gateway.Upstreams, ID: "plain"}
	if eu[plain].Origin != us[plain].Origin {
		t.Error("upstreams/plain was made twice")
	}
}

func TestRenderForgets(t *testing.T) {
	r := render.New()
	for i := range 10 {
		changed := files()
		changed["base/routes.yaml"] = fmt.Sprintf("routes:\n  a: {uri: /a%d, upstream_id: plain}\n", i)
		mustRender(t, r, snapshotOf(changed), "test", "test-eu", nil)
	}
	if kept := r.Kept(); kept > 20 {
		t.Errorf("%d entries are kept after ten commits", kept)
	}
}

func TestRenderIsSafeForConcurrentUse(t *testing.T) {
	r, repo := render.New(), snapshotOf(files())
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	var wg sync.WaitGroup
	digests := make([]string, 16)
	for i := range digests {
		wg.Go(func() {
			state, faults := r.Render(repo, tree, env, []string{"prod-eu", "prod-us"}[i%2], nil)
			if len(faults) > 0 {
				t.Error(faults)
			}
			digests[i] = state.Digest()
		})
	}
	wg.Wait()
	for _, digest := range digests {
		if digest != digests[0] {
			t.Errorf("%s and %s", digest, digests[0])
		}
	}
	if parsed := r.Stats().FilesParsed; parsed != 3 {
		t.Errorf("%d files parsed, want 3", parsed)
	}
}

// TestRenderDeterministic deals the same resources out over files of other names and orders.
func TestRenderDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var bodies []string
		for i := range rapid.IntRange(1, 8).Draw(t, "resources") {
			bodies = append(bodies, fmt.Sprintf("u%d: {nodes: {\"${vars.host}:%d\": 1, \"b:1\": 2}, labels: {x: y%d, a: b}}", i, i, i))
		}
		deal := func(label string) (string, string) {
			repo := files()
			delete(repo, "base/routes.yaml")
			delete(repo, "environments/prod/own.yaml")
			for i, body := range rapid.Permutation(bodies).Draw(t, label) {
				name := fmt.Sprintf("base/%s%d.yaml", rapid.StringMatching(`[a-z]{1,3}(/[a-z]{1,2})?`).Draw(t, label), i)
				repo[name] = "upstreams:\n  " + body + "\n"
			}
			tree := environments.Load(snapshotOf(repo))
			env, _ := tree.Find("prod")
			state, faults := render.New().Render(snapshotOf(repo), tree, env, "prod-eu", nil)
			return state.Digest(), faults.Error()
		}
		digest, faults := deal("first")
		again, faultsAgain := deal("second")
		if digest != again || faults != faultsAgain || faults != "" {
			t.Errorf("%s %s\n%s %s", digest, faults, again, faultsAgain)
		}
	})
}

type values map[string]string

func (v values) Env(name string) (string, error) {
	if value, ok := v[name]; ok {
		return value, nil
	}
	return "", fs.ErrNotExist
}

func (v values) Secret(name string) (string, error) {
	if value, ok := v[name]; ok {
		return value, nil
	}
	return "", errors.New("not allowed by the daemon's file")
}

func TestRenderResolvesRuntimeValues(t *testing.T) {
	repo := files()
	repo["base/more.yaml"] = "vars: {token: \"${secret(tok)}\"}\nupstreams:\n  s: {nodes: {\"h:1\": 1}, desc: \"${env(A)} ${env(B, 'b')} ${vars.token}\"}\n"
	r, key := render.New(), gateway.Key{Kind: gateway.Upstreams, ID: "s"}
	for _, want := range []string{"one", "two"} {
		state := mustRender(t, r, snapshotOf(repo), "test", "test-eu", values{"A": want, "tok": "t"})
		secret, _ := state[key].Spec["desc"].(gateway.Secret)
		if got := secret.Reveal(); got != want+" b t" {
			t.Errorf("got %q", got)
		}
		if got := secret.Ref(); got != "${env(A)} ${env(B, 'b')} ${secret(tok)}" {
			t.Errorf("got %q", got)
		}
	}
	offline := mustRender(t, r, snapshotOf(repo), "test", "test-eu", nil)
	if secret := offline[key].Spec["desc"].(gateway.Secret); secret.Resolved() {
		t.Error("an offline render knows a secret")
	}
	online := mustRender(t, r, snapshotOf(repo), "test", "test-eu", values{"A": "x", "tok": "t"})
	if offline.Digest() != online.Digest() {
		t.Error("a secret's value changes the digest")
	}
}

func TestRenderReportsUnresolvedValues(t *testing.T) {
	repo := files()
	repo["base/more.yaml"] = "upstreams:\n  s: {nodes: {\"h:1\": 1}, desc: \"${env(A)}\", name: \"x${secret(y)}\"}\n"
	tree := environments.Load(snapshotOf(repo))
	env, _ := tree.Find("test")
	state, faults := render.New().Render(snapshotOf(repo), tree, env, "test-eu", values{})
	want := `base/more.yaml:2:32: ${env(A)}: file does not exist
	hint: check the name, and what the daemon's file allows under allow
base/more.yaml:2:51: ${secret(y)}: not allowed by the daemon's file
	hint: check the name, and what the daemon's file allows under allow`
	if diff := cmp.Diff(want, faults.Error()); diff != "" || state != nil {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestExplain(t *testing.T) {
	repo := map[string]string{
		"sluice.yaml":                            "version: 1\n",
		"environments/prod/environment.yaml":     "extends: base\ngroups: [eu]\n",
		"base/a.yaml":                            "upstreams:\n  u:\n    nodes: {\"a:80\": 1}\n    timeout: {connect: 1, send: 2, read: 5}\n    retries: 2\n",
		"base/b.yaml":                            "consumers:\n  c: {credentials: {k: {plugins: {key-auth: {key: in-clear}}}}}\n",
		"environments/prod/a.yaml":               "upstreams:\n  u:\n    timeout: {read: 6}\n    retries: !reset\n",
		"environments/prod/b.yaml":               "consumers:\n  c: {credentials: {k: {plugins: {key-auth: {key: $env://KEY}}}}}\n",
		"environments/prod/groups/eu/group.yaml": "upstreams:\n  u: {timeout: {read: 7}}\n",
	}
	state := mustRender(t, render.New(), snapshotOf(repo), "prod", "eu", nil)
	tests := []struct{ key, path, want string }{
		{"upstreams/u", "timeout.connect", "1 from base/a.yaml:4:24"},
		{"upstreams/u", "timeout.read", "5 from base/a.yaml:4:42, overridden at environments/prod/a.yaml:3:21 with 6, overridden at environments/prod/groups/eu/group.yaml:2:23 with 7"},
		{"upstreams/u", "nodes", `{"a:80":1} from base/a.yaml:3:5`},
		{"upstreams/u", "retries", "a value from base/a.yaml:5:14, overridden at environments/prod/a.yaml:4:5 with !reset"},
		{"upstreams/u", "labels.managed-by", "sluice, set by Sluice"},
		{"credentials/c/k", "plugins.key-auth.key", "a value from base/b.yaml:2:51, overridden at environments/prod/b.yaml:2:51 with $env://KEY"},
		{"upstreams/u", "timeuot", `error: upstreams/u has no field timeuot; did you mean "timeout"?`},
		{"upstreams/uu", "nodes", `error: there is no upstreams/uu; did you mean "u"?`},
	}
	for _, tt := range tests {
		key, err := gateway.ParseKey(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		path, err := gateway.ParsePath(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		explanation, err := render.Explain(state, key, path)
		got := explanation.String()
		if err != nil {
			got = "error: " + err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s (-want +got)\n%s", tt.key, tt.path, diff)
		}
	}
}

// TestOriginsHoldNoSecrets looks for a secret in everything that explain could print.
func TestOriginsHoldNoSecrets(t *testing.T) {
	repo := files()
	secret := "pl4in"
	repo["base/s.yaml"] = "consumers:\n  c: {credentials: {k: {plugins: {key-auth: {key: " + secret + "}}}}}\n  d: {plugins: {key-auth: {key: of-d-" + secret + "}}}\n"
	repo["environments/prod/s.yaml"] = "consumers:\n  c: {credentials: {k: {plugins: {key-auth: {key: \"${secret(x)}\"}}}}}\n  d: {plugins: {key-auth: !override {key: $env://K}}}\n"
	for _, name := range []string{"test", "prod"} {
		for _, resource := range mustRender(t, render.New(), snapshotOf(repo), name, name+"-eu", nil) {
			if text := textsOf(resource.Origin); strings.Contains(text, secret) {
				t.Errorf("%s: %s", resource.Key, text)
			}
			if strings.Contains(fmt.Sprintf("%#v", resource.Spec), secret) {
				t.Errorf("%s prints its secret", resource.Key)
			}
		}
	}
}

func textsOf(o *gateway.Origin) string {
	if o == nil {
		return ""
	}
	all := o.Text + " " + textsOf(o.Was)
	for _, inner := range o.Fields {
		all += textsOf(inner)
	}
	for _, inner := range o.Items {
		all += textsOf(inner)
	}
	return all
}

// failing can't read one path.
type failing struct {
	fs.FS
	path string
}

func (f failing) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == f.path {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("object missing")}
	}
	return fs.ReadDir(f.FS, name)
}

func (f failing) ReadFile(name string) ([]byte, error) {
	if name == f.path {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("object missing")}
	}
	return fs.ReadFile(f.FS, name)
}

// TestUnreadableIsNeverEmpty breaks each path in turn: what can't be read must stop what needs it.
func TestUnreadableIsNeverEmpty(t *testing.T) {
	paths := []string{".", "sluice.yaml", "environments", "environments/prod", "environments/prod/environment.yaml", "environments/prod/own.yaml", "base", "base/up.yaml", "base/routes.yaml"}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			repo := failing{snapshotOf(files()).MapFS, path}
			tree := environments.Load(repo)
			env, found := tree.Find("prod")
			faults := append(diag.List{}, tree.Faults...)
			if found {
				state, more := render.New().Render(repo, tree, env, "prod-eu", nil)
				faults.Add(more...)
				if state != nil {
					t.Error("there is a state")
				}
			}
			if !strings.Contains(faults.Error(), "object missing") {
				t.Errorf("the faults do not tell: %v", faults)
			}
		})
	}
}

// TestFaultsDoNotDependOnChance has variables in a circle that is entered at both ends.
func TestFaultsDoNotDependOnChance(t *testing.T) {
	text := "routes:\n"
	for i := range 8 {
		text += fmt.Sprintf("  r%d: {uri: \"/%d/${vars.%c}\", upstream: {nodes: {\"h:1\": 1}}}\n", i, i, "ab"[i%2])
	}
	repo := repoOf(txtar.Parse([]byte("-- sluice.yaml --\nversion: 1\nvars: {a: \"x${vars.b}\", b: \"y${vars.a}\"}\n" +
		"-- environments/prod/environment.yaml --\ngroups: [prod-eu]\n-- environments/prod/routes.yaml --\n" + text)))
	_, first := renderAll(repo)
	for range 20 {
		if _, again := renderAll(repo); again.Error() != first.Error() {
			t.Fatalf("one repo, two lists of faults:\n%s\n%s", first, again)
		}
	}
}
