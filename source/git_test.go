package source

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// upstream is a repository made with the git command.
type upstream struct {
	t   testing.TB
	dir string
	now time.Time // of the next commit: a second after the last
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	u := &upstream{t: t, dir: t.TempDir(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	u.git("init", "-q", "-b", "main", ".")
	u.git("config", "gc.auto", "0") // git would tidy in the background, under the hands of the test
	return u
}

func (u *upstream) git(args ...string) string {
	u.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = u.dir
	date := u.now.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (u *upstream) write(path, content string) {
	u.t.Helper()
	full := filepath.Join(u.dir, path)
	must(u.t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(u.t, os.WriteFile(full, []byte(content), 0o644))
}

// commit commits all that is in the work tree and returns the hash.
func (u *upstream) commit(message string) string {
	u.t.Helper()
	u.now = u.now.Add(time.Second)
	u.git("add", "-A")
	u.git("commit", "-q", "--allow-empty", "-m", message)
	return u.git("rev-parse", "HEAD")
}

// first makes a small config repo with one commit.
func (u *upstream) first() string {
	u.t.Helper()
	u.write("sluice.yaml", "version: 1\n")
	u.write("base/routes.yaml", "routes: {}\n")
	u.write("environments/prod/environment.yaml", "extends: [base]\n")
	u.write("environments/prod/routes.yaml", "routes: {a: {uri: /a}}\n")
	return u.commit("first")
}

// server serves repositories by git http-backend and counts the requests.
type server struct {
	*httptest.Server
	refs, packs atomic.Int32
	token       string // when set, the password that is wanted
	status      atomic.Int32
	cut         atomic.Bool // the pack breaks off half-way
}

func serve(t testing.TB, u *upstream) *server {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	must(t, err)
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skipf("LOUD SKIP: nothing is tested over HTTP, because git http-backend is missing: %v", err)
	}
	handler := &cgi.Handler{Path: backend, Env: []string{
		"GIT_PROJECT_ROOT=" + u.dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null",
	}}
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(handler, w, r) }))
	t.Cleanup(s.Close)
	return s
}

func (s *server) answer(handler http.Handler, w http.ResponseWriter, r *http.Request) {
	if status := int(s.status.Load()); status != 0 {
		_, password, _ := r.BasicAuth()
		http.Error(w, "you sent "+password, status)
		return
	}
	if _, password, _ := r.BasicAuth(); password != s.token {
		http.Error(w, "refused "+password, http.StatusUnauthorized)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/info/refs") {
		s.refs.Add(1)
	} else {
		s.packs.Add(1)
	}
	if s.cut.Load() && r.Method == http.MethodPost {
		whole := httptest.NewRecorder()
		handler.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	handler.ServeHTTP(w, r)
}

// url of the one repository.
func (s *server) url() string { return s.URL + "/.git" }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func settings(t testing.TB, url string) Config {
	return Config{URL: url, Branch: "main", Dir: filepath.Join(t.TempDir(), "mirror"), Timeout: 30 * time.Second}
}

func open(t testing.TB, c Config) *Repository {
	t.Helper()
	r, err := Open(t.Context(), c)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

func latest(t testing.TB, r *Repository) Snapshot {
	t.Helper()
	s, err := r.Latest(t.Context())
	must(t, err)
	return s
}

func logged() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return zap.New(core), logs
}

// files returns the paths and contents of all files.
func files(t testing.TB, fsys fs.FS) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, path)
		all[path] = string(data)
		return err
	}))
	return all
}

// fill writes n files into directories of 100.
func (u *upstream) fill(n int) {
	for i := range n {
		u.write(fmt.Sprintf("services/s%03d/routes-%02d.yaml", i/100, i%100),
			fmt.Sprintf("routes:\n  r%d: {uri: /r%d/*, upstream_id: u%d, plugins: {limit-count: {count: %d, time_window: 60}}}\n", i, i, i%50, i))
	}
}
