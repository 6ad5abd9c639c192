//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

var (
	crashSeed = flag.Uint64("crash-seed", 1, "the seed of the crash loop")
	crashes   = flag.Int("crashes", 20, "how often the crash loop kills the daemon")
)

// TestCrashLoop kills the real daemon at requests that the seed chooses, while commits come and traffic flows, and starts it again. In
// the end everything is as the last commit wants, the journal is whole, nothing of others was touched, and no request was dropped.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	l := newCrashLoop(t)
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	defer traffic.Wait()
	defer stop()
	for _, gw := range l.gateways {
		traffic.Go(func() { l.traffic(ctx, gw.ProxyURL()) })
	}
	for range *crashes {
		if l.dice.IntN(3) > 0 {
			l.commit()
		}
		l.runUntilKilled(l.dice.IntN(70), func() {})
	}
	l.commit()
	l.comeToRest(stop, &traffic)
}

// TestAHundredCommitsUnderCrashes pushes a hundred commits in a few seconds, twenty at a time while the daemon runs, which is killed in the
// midst of each twenty.
func TestAHundredCommitsUnderCrashes(t *testing.T) {
	t.Parallel()
	l := newCrashLoop(t)
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	defer traffic.Wait()
	defer stop()
	for _, gw := range l.gateways {
		traffic.Go(func() { l.traffic(ctx, gw.ProxyURL()) })
	}
	l.commit() // the daemon wants a branch
	for range 5 {
		l.runUntilKilled(20+l.dice.IntN(100), func() {
			for range 20 {
				l.commit()
			}
		})
	}
	l.comeToRest(stop, &traffic)
}

// comeToRest lets a daemon bring the last commit everywhere and end, and holds the end against it.
func (l *crashLoop) comeToRest(stop func(), traffic *sync.WaitGroup) {
	l.t.Helper()
	d := l.start()
	l.until("prod has the last commit", func() error { return statusIs(l.url, "prod", "applied", l.head) })
	l.must(d.Process.Signal(os.Interrupt))
	<-l.ended
	stop()
	traffic.Wait()
	l.check()
}

// crashLoop is a daemon that is killed, and what outlasts it.
type crashLoop struct {
	t        *testing.T
	dir      string
	dice     *rand.Rand
	gateways map[string]*embedded.Gateway
	commits  int
	starts   int
	idle     int // how often the daemon was killed with nothing left to do
	head     string
	url      string // of the daemon that runs
	ended    chan struct{}

	mu     sync.Mutex
	left   int  // requests until the daemon is killed; negative: it lives
	before bool // whether the last one is not carried out
	kill   func()

	asked, dropped atomic.Int64
}

func newCrashLoop(t *testing.T) *crashLoop {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("NOT TESTED: the crash loop does not run, because git is not installed here")
	}
	l := &crashLoop{t: t, dir: t.TempDir(), dice: rand.New(rand.NewPCG(*crashSeed, 0)), gateways: map[string]*embedded.Gateway{}, left: -1}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	t.Cleanup(backend.Close)
	l.write("sluice.yaml", fmt.Sprintf("repository: {url: repo, poll: 1s}\njournal: {path: state/journal}\nlisten: 127.0.0.1:0\n"+
		"gatewayGroups:\n%s%s", l.gateway("test"), l.gateway("prod")))
	l.write("key", adminKey)
	l.write("repo/sluice.yaml", "version: 1\n")
	l.write("repo/base/users.yaml", fmt.Sprintf("upstreams:\n  users: {nodes: {%q: 1}}\n", strings.TrimPrefix(backend.URL, "http://")))
	l.write("repo/environments/test/environment.yaml", "extends: [base]\ngroups: [test]\nguard: {maxDeletes: 100, maxDeletePercent: 100}\n")
	l.write("repo/environments/prod/environment.yaml", "extends: [base]\nafter: [test]\ngroups: [prod]\nguard: {maxDeletes: 100, maxDeletePercent: 100}\n")
	l.git("init", "--quiet", "--initial-branch=main")
	return l
}

// gateway starts a gateway with a resource of somebody else in it, and returns how the daemon's file names it.
func (l *crashLoop) gateway(name string) string {
	gw, err := embedded.Start(embedded.Config{AdminKey: adminKey, ProxyAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0", Intercept: l.intercept})
	l.must(err)
	l.t.Cleanup(func() { _ = gw.Close() })
	l.gateways[name] = gw
	status, body := l.admin(gw, http.MethodPut, "routes/theirs", `{"uri":"/theirs","upstream":{"nodes":{"127.0.0.1:1":1}}}`)
	if status != http.StatusCreated {
		l.t.Fatalf("put routes/theirs: %d %s", status, body)
	}
	return fmt.Sprintf("  %s:\n    {adminURL: %q, adminKeyFile: key, environment: %s, settle: 5ms, parallel: 2, instances: [{controlURL: %q, workers: 2}]}\n",
		name, gw.AdminURL(), name, gw.ControlURL())
}

// admin asks a gateway as somebody else than the daemon.
func (l *crashLoop) admin(gw *embedded.Gateway, method, path, body string) (int, string) {
	request := httptest.NewRequest(method, "/apisix/admin/"+path, strings.NewReader(body))
	request.Header.Set("X-API-KEY", adminKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Script", "yes")
	recorder := httptest.NewRecorder()
	gw.AdminHandler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

// intercept kills the daemon at the request that was chosen, before it is carried out or after.
func (l *crashLoop) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kill, before := l.count(r)
		if kill != nil && before {
			kill()
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
		if kill != nil {
			kill()
			panic(http.ErrAbortHandler)
		}
	})
}

func (l *crashLoop) count(r *http.Request) (kill func(), before bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Header.Get("X-Script") != "" || l.left < 0 {
		return nil, false
	}
	if l.left--; l.left >= 0 {
		return nil, false
	}
	return l.kill, l.before
}

// killed reports whether the request that kills the daemon has come.
func (l *crashLoop) killed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left < 0
}

// runUntilKilled starts the daemon, which is killed at one of its requests, and waits until it is dead. One that has nothing to ask any more is killed where it is.
func (l *crashLoop) runUntilKilled(requests int, meanwhile func()) {
	l.t.Helper()
	l.mu.Lock()
	l.left, l.before = requests, l.dice.IntN(2) == 0
	l.mu.Unlock()
	d := l.start()
	meanwhile()
	select {
	case <-l.ended:
	case <-time.After(1500 * time.Millisecond):
		l.idle++
		_ = d.Process.Kill() // it may have ended
		<-l.ended
	}
	l.mu.Lock()
	l.left = -1
	l.mu.Unlock()
}

// start starts the daemon. It may be killed before it tells where it listens.
func (l *crashLoop) start() *exec.Cmd {
	l.t.Helper()
	l.starts++
	program, err := exec.LookPath("sluice")
	l.must(err)
	log, err := os.Create(filepath.Join(l.dir, "daemon.log"))
	l.must(err)
	defer log.Close()
	d := exec.Command(program, "run", "-c", "sluice.yaml")
	d.Dir, d.Stdout, d.Stderr, d.Env = l.dir, log, log, append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	l.mu.Lock()
	l.must(d.Start())
	l.kill = func() { _ = d.Process.Kill() } // it may have ended
	l.mu.Unlock()
	ended := make(chan struct{})
	l.ended = ended
	go func() { _ = d.Wait(); close(ended) }()
	l.t.Cleanup(func() { _ = d.Process.Kill(); <-ended })
	l.until("the daemon listens", func() error { return l.listens(ended) })
	return d
}

func (l *crashLoop) listens(ended chan struct{}) error {
	text, err := os.ReadFile(filepath.Join(l.dir, "daemon.log"))
	if found := listening.FindSubmatch(text); found != nil {
		l.url = string(found[1])
		return nil
	}
	select {
	case <-ended:
		if !l.killed() {
			l.t.Fatalf("the daemon has ended by itself:\n%s", text)
		}
		return nil
	default:
		return fmt.Errorf("no address in its log: %v", err)
	}
}

// commit changes what the routes are: one stays for the traffic, others come, go and move.
func (l *crashLoop) commit() {
	l.t.Helper()
	l.commits++
	text := fmt.Sprintf("routes:\n  users: {uri: /users, upstream_id: users, labels: {commit: \"%d\"}}\n", l.commits)
	for i := range l.dice.IntN(8) {
		text += fmt.Sprintf("  r%d: {uri: /r%d/%d, upstream_id: users}\n", i, i, l.commits)
	}
	text += fmt.Sprintf("  only-%d: {uri: /only/%d, upstream_id: users}\n", l.commits, l.commits)
	l.write("repo/base/routes.yaml", text)
	l.git("add", "--all")
	l.git("commit", "--quiet", "--message", fmt.Sprint("commit ", l.commits))
	l.head = l.git("rev-parse", "HEAD")
}

// traffic asks for the route that every commit has, one request after the other.
func (l *crashLoop) traffic(ctx context.Context, proxy string) {
	served := false
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		status, _, err := fetch(proxy + "/users")
		switch {
		case err == nil && status == http.StatusOK:
			served = true
			l.asked.Add(1)
		case served:
			l.dropped.Add(1)
			l.t.Errorf("request to /users: %d %v", status, err)
			return
		}
	}
}

// check holds the end against the last commit.
func (l *crashLoop) check() {
	l.t.Helper()
	l.sluice("journal is whole", "history", "-c", "sluice.yaml", "--verify")
	l.sluice("nothing to change", "plan", "-c", "sluice.yaml")
	for name, gw := range l.gateways {
		_, routes := l.admin(gw, http.MethodGet, "routes", "")
		for _, want := range []string{`"/theirs"`, fmt.Sprintf(`"/only/%d"`, l.commits)} {
			if !strings.Contains(routes, want) {
				l.t.Errorf("%s: no %s in %s", name, want, routes)
			}
		}
		if strings.Count(routes, `"/only/`) != 1 {
			l.t.Errorf("%s: routes of earlier commits are left: %s", name, routes)
		}
	}
	l.t.Logf("%d commits, %d crashes, %d of them at rest, %d requests served, %d dropped", l.commits, l.starts-1, l.idle, l.asked.Load(), l.dropped.Load())
}

// sluice runs a command that must end with 0 and say something.
func (l *crashLoop) sluice(want string, args ...string) {
	l.t.Helper()
	program, err := exec.LookPath("sluice")
	l.must(err)
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = l.dir, append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		l.t.Errorf("sluice %s: %v, want %q in\n%s", strings.Join(args, " "), err, want, out)
	}
}

func (l *crashLoop) until(what string, check func() error) {
	l.t.Helper()
	if err := poll(check); err != nil {
		log, _ := os.ReadFile(filepath.Join(l.dir, "daemon.log"))
		l.t.Fatalf("crash seed %d: %s: %v\n%s", *crashSeed, what, err, log)
	}
}

func (l *crashLoop) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *crashLoop) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	l.must(errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)))
}

func (l *crashLoop) git(args ...string) string {
	l.t.Helper()
	fixed := []string{"-C", filepath.Join(l.dir, "repo"), "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"}
	out, err := exec.Command("git", slices.Concat(fixed, args)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}
