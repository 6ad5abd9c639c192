//go:build unix

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// fleet is three replicas, one gateway and one etcd. Each replica reaches the gateway at an address of its own, so that it is known
// who writes.
type fleet struct {
	t       testing.TB
	dir     string
	etcd    *etcdtest.Server
	gateway *embedded.Gateway
	members []*member

	mu     sync.Mutex
	writes map[string]int // by member

	asked, failed atomic.Int64 // requests of the traffic
	patience      time.Duration
}

// member is one replica: a process of its own.
type member struct {
	name, file, log, url string
	process              *exec.Cmd
	ended                chan struct{}
}

// patience is how long the test waits for what must come.
const patience = 45 * time.Second

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), etcd: etcdtest.Start(t), writes: map[string]int{}}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	t.Cleanup(backend.Close)
	gw, err := embedded.Start(embedded.Config{
		AdminKey: adminKey, ProxyAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0",
		WriteCost: func() time.Duration { return 30 * time.Millisecond },
	})
	f.must(err)
	t.Cleanup(func() { _ = gw.Close() })
	f.gateway = gw
	f.must(os.MkdirAll(filepath.Join(f.dir, "repo", "environments", "test"), 0o700))
	f.write("repo/sluice.yaml", "version: 1\n")
	f.write("repo/environments/test/environment.yaml", "groups: [eu]\nguard: {maxDeletes: 1000, maxDeletePercent: 100}\n")
	f.write("repo/environments/test/upstreams.yaml",
		fmt.Sprintf("upstreams:\n  users: {type: roundrobin, nodes: {%q: 1}}\n", strings.TrimPrefix(backend.URL, "http://")))
	f.write("key", adminKey)
	f.git("init", "--quiet", "--initial-branch=main")
	return f
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) write(name, text string) {
	f.t.Helper()
	f.must(os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600))
}

func (f *fleet) git(args ...string) string {
	f.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", filepath.Join(f.dir, "repo"), "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		f.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit changes every route, and adds one that is only in this commit. It returns the hash.
func (f *fleet) commit(number int) string {
	f.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "routes:\n  users: {uri: /users, upstream_id: users, labels: {commit: \"%d\"}}\n", number)
	for i := range 30 {
		fmt.Fprintf(&text, "  r%d: {uri: /r%d/%d, upstream_id: users}\n", i, i, number)
	}
	fmt.Fprintf(&text, "  only-%d: {uri: /only/%d, upstream_id: users}\n", number, number)
	f.write("repo/environments/test/routes.yaml", text.String())
	f.git("add", "--all")
	f.git("commit", "--quiet", "--message", fmt.Sprint("commit ", number))
	return f.git("rev-parse", "HEAD")
}

// join starts a replica.
func (f *fleet) join(name string) *member {
	f.t.Helper()
	admin := httptest.NewServer(f.counted(name))
	f.t.Cleanup(admin.Close)
	m := &member{name: name, file: filepath.Join(f.dir, name+".yaml"), log: filepath.Join(f.dir, name+".log")}
	f.write(name+".yaml", fmt.Sprintf(`repository: {url: %s, mirror: %s, poll: 1s}
gatewayGroups:
  eu:
    adminURL: %s
    adminKeyFile: key
    environment: test
    timeout: 8s
    parallel: 2
    settle: 20ms
    instances: [{controlURL: %q}]
journal: {etcd: {endpoints: [%q], prefix: /fleet, lease: 2s, timeout: 2s}}
listen: 127.0.0.1:0
api: {tokenFile: key}
`, filepath.Join(f.dir, "repo"), filepath.Join(f.dir, name+".git"), admin.URL, f.gateway.ControlURL(), f.etcd.URL))
	f.members = append(f.members, m)
	f.run(m)
	return m
}

// counted is the Admin API as one replica reaches it.
func (f *fleet) counted(name string) http.Handler {
	api := f.gateway.AdminHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			f.mu.Lock()
			f.writes[name]++
			f.mu.Unlock()
		}
		api.ServeHTTP(w, r)
	})
}

func (f *fleet) written(m *member) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes[m.name]
}

// run starts the process of a replica, and waits until it listens.
func (f *fleet) run(m *member) {
	f.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	f.must(err)
	defer log.Close()
	before, err := log.Stat()
	f.must(err)
	program, err := exec.LookPath("sluice")
	f.must(err)
	m.process = exec.Command(program, "run", "-c", m.file)
	m.process.Stdout, m.process.Stderr, m.process.Env = log, log, append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	f.must(m.process.Start())
	ended, process := make(chan struct{}), m.process
	m.ended = ended
	go func() { _ = process.Wait(); close(ended) }()
	f.t.Cleanup(func() { _ = process.Process.Kill(); <-ended })
	f.until("a replica listens", func() error {
		text, err := os.ReadFile(m.log)
		if found := listening.FindSubmatch(text[min(int(before.Size()), len(text)):]); found != nil {
			m.url = string(found[1])
			return nil
		}
		return fmt.Errorf("no address in its log: %v", err)
	})
}

func (f *fleet) kill(m *member) {
	f.t.Helper()
	f.must(m.process.Process.Kill())
	<-m.ended
}

func (f *fleet) signal(m *member, signal syscall.Signal) {
	f.t.Helper()
	f.must(m.process.Process.Signal(signal))
}

// until waits for check to return nil.
func (f *fleet) until(what string, check func() error) {
	f.t.Helper()
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Since(begun) > cmp.Or(f.patience, patience) {
			f.tellLogs()
			f.t.Fatalf("%s: waited in vain: %v", what, err)
		}
	}
}

func (f *fleet) tellLogs() {
	for _, m := range f.members {
		text, _ := os.ReadFile(m.log)
		f.t.Logf("%s:\n%s", m.name, text)
	}
}

// leader returns the replica that says that it leads, other than those that are left out; nil when none does.
func (f *fleet) leader(but ...*member) *member {
	for _, m := range f.members {
		if !contained(but, m) && strings.Contains(m.ready(), "ready: leader") {
			return m
		}
	}
	return nil
}

func contained(list []*member, m *member) bool {
	for _, other := range list {
		if other == m {
			return true
		}
	}
	return false
}

// ready returns what /readyz says, after the status.
func (m *member) ready() string {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get(m.url + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return fmt.Sprint(answer.StatusCode, " ", string(text))
}

// acts asks a replica for a look. Whichever is asked, the leader does it.
func (f *fleet) acts(m, leader *member) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, m.url+"/api/v1/sync", strings.NewReader(`{"by": "ada at `+m.name+`"}`))
	if err != nil {
		f.t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(f.dir, "key"))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		f.t.Errorf("%s answers an act with %s %s", m.name, answer.Status, text)
	}
	if text, err := os.ReadFile(leader.log); err != nil || !strings.Contains(string(text), "ada at "+m.name) {
		f.t.Errorf("the leader does not say that it was asked at %s: %v", m.name, err)
	}
}

// newLeader waits for a leader other than those, and returns how long that took.
func (f *fleet) newLeader(but ...*member) (*member, time.Duration) {
	f.t.Helper()
	begun := time.Now()
	var found *member
	f.until("a new leader", func() error {
		if found = f.leader(but...); found == nil {
			return fmt.Errorf("none")
		}
		return nil
	})
	return found, time.Since(begun)
}

// applied waits until a replica says that the commit is applied.
func (f *fleet) applied(m *member, commit string) {
	f.t.Helper()
	f.until(m.name+" shows the commit as applied", func() error {
		client := http.Client{Timeout: time.Second}
		answer, err := client.Get(m.url + "/api/v1/status")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var status reconciler.Status
		if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
			return err
		}
		env, _ := status.Environment("test")
		if env.Applied != commit {
			return fmt.Errorf("%s: %s, applied %s, want %s", env.State, env.Text, env.Applied, commit)
		}
		return nil
	})
}

// traffic asks the gateway for a route that every commit holds, until the context ends.
func (f *fleet) traffic(ctx context.Context) {
	client := http.Client{Timeout: 5 * time.Second}
	for ctx.Err() == nil {
		f.asked.Add(1)
		answer, err := client.Get(f.gateway.ProxyURL() + "/users")
		if err != nil || answer.StatusCode != http.StatusOK {
			f.failed.Add(1)
		}
		if err == nil {
			answer.Body.Close()
		}
		time.Sleep(2 * time.Millisecond)
	}
}
