//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// spreadFleet is a fleet whose replicas share the work at several gateway groups. At the door of every Admin API stands who may write: each
// write is held against the key of its group in etcd when it arrives.
type spreadFleet struct {
	*fleet
	groups   []string
	guarded  bool // each write is held against etcd
	gateways map[string]*embedded.Gateway
	client   *clientv3.Client
	wires    map[string]*wire // to etcd, by member

	mu        sync.Mutex
	cost      time.Duration // of each request
	lease     string
	shared    bool                      // the work is
	by        map[string]map[string]int // writes by group and member
	listed    map[string]int            // reads of all routes, by group
	strangers []string                  // writes by a replica that did not hold the group
}

const spreadPrefix = "/fleet/spread/"

func newSpreadFleet(t testing.TB, groups ...string) *spreadFleet {
	t.Helper()
	f := &spreadFleet{
		fleet: &fleet{t: t, dir: t.TempDir(), etcd: etcdtest.Start(t), writes: map[string]int{}}, groups: groups,
		gateways: map[string]*embedded.Gateway{}, by: map[string]map[string]int{}, wires: map[string]*wire{}, listed: map[string]int{}, lease: "2s", shared: true, cost: 30 * time.Millisecond, guarded: true,
	}
	var err error
	f.client, err = clientv3.New(clientv3.Config{Endpoints: []string{f.etcd.URL}, Logger: zap.NewNop()})
	f.must(err)
	t.Cleanup(func() { _ = f.client.Close() })
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	t.Cleanup(backend.Close)
	for _, group := range groups {
		gw, err := embedded.Start(embedded.Config{
			AdminKey: adminKey, ProxyAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0",
			WriteCost: func() time.Duration { return f.cost },
		})
		f.must(err)
		t.Cleanup(func() { _ = gw.Close() })
		f.gateways[group], f.by[group] = gw, map[string]int{}
	}
	f.must(os.MkdirAll(filepath.Join(f.dir, "repo", "environments", "test"), 0o700))
	f.write("repo/sluice.yaml", "version: 1\n")
	f.write("repo/environments/test/environment.yaml",
		fmt.Sprintf("groups: [[%s]]\nguard: {maxDeletes: 1000, maxDeletePercent: 100}\n", strings.Join(groups, ", ")))
	f.write("repo/environments/test/upstreams.yaml",
		fmt.Sprintf("upstreams:\n  users: {type: roundrobin, nodes: {%q: 1}}\n", strings.TrimPrefix(backend.URL, "http://")))
	f.write("key", adminKey)
	f.git("init", "--quiet", "--initial-branch=main")
	return f
}

// join starts a replica that reaches each gateway group at an address of its own.
func (f *spreadFleet) join(name string) *member {
	f.t.Helper()
	f.wires[name] = newWire(f.t, strings.TrimPrefix(f.etcd.URL, "http://"))
	var file strings.Builder
	fmt.Fprintf(&file, "repository: {url: %s, mirror: %s, poll: 1s}\ngatewayGroups:\n", filepath.Join(f.dir, "repo"), filepath.Join(f.dir, name+".git"))
	for _, group := range f.groups {
		admin := httptest.NewServer(f.door(name, group))
		f.t.Cleanup(admin.Close)
		fmt.Fprintf(&file, "  %s: {adminURL: %s, adminKeyFile: key, environment: test, timeout: 8s, parallel: 2, settle: 20ms, instances: [{controlURL: %q}]}\n",
			group, admin.URL, f.gateways[group].ControlURL())
	}
	fmt.Fprintf(&file, "journal: {etcd: {endpoints: [%q], prefix: /fleet, lease: %s, timeout: 2s, spread: %t}}\nlisten: 127.0.0.1:0\n", "http://"+f.wires[name].address, f.lease, f.shared)
	f.write(name+".yaml", file.String())
	m := &member{name: name, file: filepath.Join(f.dir, name+".yaml"), log: filepath.Join(f.dir, name+".log")}
	f.members = append(f.members, m)
	f.run(m)
	return m
}

// door is the Admin API of a group as one replica reaches it.
func (f *spreadFleet) door(name, group string) http.Handler {
	api := f.gateways[group].AdminHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/admin/routes") {
			f.mu.Lock()
			f.listed[group]++
			f.mu.Unlock()
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/configs/validate") {
			if f.guarded {
				f.look(name, group, r)
			}
		}
		api.ServeHTTP(w, r)
	})
}

// look counts a write, and asks etcd who holds the group. While etcd does not answer, nobody may write whose lease has ended; that is
// counted elsewhere.
func (f *spreadFleet) look(name, group string, r *http.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	holder, err := f.holder(ctx, group)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by[group][name]++
	if err == nil && holder != f.process(name) {
		f.strangers = append(f.strangers, fmt.Sprintf("%s %s to %s by %s, which %q holds", r.Method, r.URL.Path, group, name, holder))
	}
}

// holder returns the name of the process that holds a group.
func (f *spreadFleet) holder(ctx context.Context, group string) (string, error) {
	key, err := f.client.Get(ctx, spreadPrefix+"groups/"+group)
	if err != nil || len(key.Kvs) == 0 {
		return "", err
	}
	text, err := f.client.Get(ctx, spreadPrefix+"members/"+string(key.Kvs[0].Value))
	if err != nil || len(text.Kvs) == 0 {
		return "", err
	}
	_, pid, _ := strings.Cut(string(text.Kvs[0].Value), ":")
	_, pid, _ = strings.Cut(pid, ":")
	pid, _, _ = strings.Cut(pid, `"`)
	return pid, nil
}

func (f *spreadFleet) process(name string) string {
	for _, m := range f.members {
		if m.name == name {
			return fmt.Sprint(m.process.Process.Pid)
		}
	}
	return ""
}

// holderOf returns the replica that holds a group, once one does.
func (f *spreadFleet) holderOf(group string, but ...*member) *member {
	f.t.Helper()
	var found *member
	f.until("somebody holds "+group, func() error {
		pid, err := f.holder(f.t.Context(), group)
		for _, m := range f.members {
			if err == nil && !contained(but, m) && pid == f.process(m.name) {
				found = m
				return nil
			}
		}
		return fmt.Errorf("%q does: %v", pid, err)
	})
	return found
}

// balanced waits until all groups are held, and every living replica holds its part.
func (f *spreadFleet) balanced(members ...*member) {
	f.t.Helper()
	f.until("the groups are balanced", func() error {
		load := map[string]int{}
		for _, group := range f.groups {
			pid, err := f.holder(f.t.Context(), group)
			if err != nil || pid == "" {
				return fmt.Errorf("%s is not held: %v", group, err)
			}
			load[pid]++
		}
		counts := slices.Sorted(maps.Values(load))
		if len(load) != len(members) || counts[len(counts)-1]-counts[0] > 1 {
			return fmt.Errorf("%v", load)
		}
		return nil
	})
}

// amid makes a commit and returns when a replica has begun to write it to a group.
func (f *spreadFleet) amid(m *member, group string, next func() string) string {
	f.t.Helper()
	before := f.wrote(m, group)
	commit := next()
	f.until(m.name+" writes to "+group, func() error { return holds(f.wrote(m, group) > before+2, "too few writes") })
	return commit
}

func (f *spreadFleet) wrote(m *member, group string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.by[group][m.name]
}

// all is how many writes there were.
func (f *spreadFleet) all() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := 0
	for _, members := range f.by {
		for _, writes := range members {
			all += writes
		}
	}
	return all
}

// holdsOne returns a group that a replica holds.
func (f *spreadFleet) holdsOne(m *member) string {
	f.t.Helper()
	var found string
	f.until(m.name+" holds a group", func() error {
		for _, group := range f.groups {
			if pid, err := f.holder(f.t.Context(), group); err == nil && pid == f.process(m.name) {
				found = group
				return nil
			}
		}
		return fmt.Errorf("it holds none")
	})
	return found
}

// traffic asks every gateway for a route that every commit holds, until the context ends.
func (f *spreadFleet) traffic(ctx context.Context) {
	client := http.Client{Timeout: 5 * time.Second}
	for ctx.Err() == nil {
		for _, group := range f.groups {
			f.asked.Add(1)
			answer, err := client.Get(f.gateways[group].ProxyURL() + "/users")
			if err != nil || answer.StatusCode != http.StatusOK {
				f.failed.Add(1)
			}
			if err == nil {
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// freeze stops a replica where it is.
func (f *spreadFleet) freeze(m *member) { f.signal(m, syscall.SIGSTOP) }

// thaw lets it go on.
func (f *spreadFleet) thaw(m *member) { f.signal(m, syscall.SIGCONT) }

// paths lists the routes that an Admin API answers with, by their paths.
func (f *spreadFleet) paths(request *http.Request) string {
	f.t.Helper()
	answer, err := http.DefaultClient.Do(request)
	f.must(err)
	defer answer.Body.Close()
	var routes struct {
		List []struct {
			Value struct {
				ID, URI string
			} `json:"value"`
		} `json:"list"`
	}
	f.must(json.NewDecoder(answer.Body).Decode(&routes))
	var paths []string
	for _, route := range routes.List {
		paths = append(paths, route.Value.ID+" "+route.Value.URI)
	}
	slices.Sort(paths)
	return strings.Join(paths, "\n")
}
