package reconciler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// fleetGroups is the number of gateway groups, each of an environment of its own, that inherit the same resources.
const fleetGroups = 20

// vary says for each shape of a fleet how many routes there are for one that holds a variable.
var vary = map[string]int{"tenth-varies": 10, "all-vary": 1}

// fleetRepo is a config repo of so many resources, 100 in a file.
func fleetRepo(resources, every int) map[string]string {
	repo := map[string]string{"sluice.yaml": "version: 1\n"}
	for i := range fleetGroups {
		repo[fmt.Sprintf("environments/e%02d/environment.yaml", i)] =
			fmt.Sprintf("extends: [base]\ngroups: [g%02d]\nvars: {domain: %s}\nguard: {maxDeletes: 0}\n", i, domainOf(i))
	}
	for i := 0; i < resources/2; i += 50 {
		var upstreams, routes strings.Builder
		for j := i; j < i+50; j++ {
			host := "api.acme.com"
			if j%every == 0 {
				host = "api.${vars.domain}"
			}
			fmt.Fprintf(&upstreams, "  u%d: {type: roundrobin, nodes: {\"10.0.%d.%d:80\": 1}, timeout: {connect: 1, send: 5, read: 5}}\n", j, j/250, j%250)
			fmt.Fprintf(&routes, "  r%d:\n    uri: /r%d/*\n    host: %s\n    upstream_id: u%d\n    methods: [GET, POST]\n    plugins:\n"+
				"      limit-count: {count: 100, time_window: 60, key: remote_addr}\n      cors: {allow_origins: \"https://acme.com\"}\n", j, j, host, j)
		}
		repo[fmt.Sprintf("base/f%03d.yaml", i/50)] = "upstreams:\n" + upstreams.String() + "routes:\n" + routes.String()
	}
	return repo
}

func domainOf(group int) string { return fmt.Sprintf("e%02d.acme.com", group) }

// stocked is a gateway that has the resources of a fleet without holding them: it writes and reads its answer each time, as a client does
// whose gateway answers in JSON.
type stocked struct {
	domain           string
	resources, every int

	mu     sync.Mutex
	put    gateway.State
	writes int
}

func (s *stocked) Put(_ context.Context, r gateway.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put[r.Key] = gateway.Resource{Key: r.Key, Spec: r.Spec}
	s.writes++
	return nil
}

func (s *stocked) Delete(context.Context, gateway.Key) error {
	return errors.New("nothing is to be deleted")
}

func (s *stocked) Settle(context.Context, []gateway.Key) (bool, error) { return true, nil }

func (s *stocked) Defaults(context.Context) (gateway.Defaults, error) { return nil, nil }

func (s *stocked) Validate(context.Context, []gateway.Resource) ([]gateway.Fault, error) {
	return nil, nil
}

func (s *stocked) Live(context.Context) (gateway.State, error) {
	var answer bytes.Buffer
	for i := range s.resources / 2 {
		s.write(&answer, i)
	}
	live := make(gateway.State, s.resources)
	decoder := json.NewDecoder(&answer)
	decoder.UseNumber()
	for range s.resources {
		if err := readOne(decoder, live); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(live, s.put)
	return live, nil
}

func (s *stocked) Read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	var answer bytes.Buffer
	live := gateway.State{}
	for _, key := range keys {
		if i, err := strconv.Atoi(key.ID[1:]); err == nil && i < s.resources/2 {
			s.write(&answer, i)
		}
	}
	decoder := json.NewDecoder(&answer)
	decoder.UseNumber()
	for decoder.More() {
		if err := readOne(decoder, live); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(live, s.put)
	asked := gateway.State{}
	for _, key := range keys {
		if r, ok := live[key]; ok {
			asked[key] = r
		}
	}
	return asked, nil
}

// write writes an upstream and a route.
func (s *stocked) write(answer *bytes.Buffer, i int) {
	host := "api.acme.com"
	if i%s.every == 0 {
		host = "api." + s.domain
	}
	fmt.Fprintf(answer, `{"key":"upstreams/u%d","value":{"type":"roundrobin","nodes":[{"host":"10.0.%d.%d","port":80,"weight":1}],`+
		`"timeout":{"connect":1,"send":5,"read":5},"labels":{"managed-by":"sluice"}}}`, i, i/250, i%250)
	fmt.Fprintf(answer, `{"key":"routes/r%d","value":{"uri":"/r%d/*","host":"%s","upstream_id":"u%d","methods":["GET","POST"],"plugins":{`+
		`"limit-count":{"count":100,"time_window":60,"key":"remote_addr"},"cors":{"allow_origins":"https://acme.com"}},"labels":{"managed-by":"sluice"}}}`,
		i, i, host, i)
}

func readOne(decoder *json.Decoder, into gateway.State) error {
	var one struct {
		Key   gateway.Key
		Value map[string]any
	}
	if err := decoder.Decode(&one); err != nil {
		return err
	}
	spec, err := gateway.Canonical(one.Value)
	if err != nil {
		return err
	}
	into[one.Key] = gateway.Resource{Key: one.Key, Spec: spec.(map[string]any)}
	return nil
}

// fleetDaemon is what a daemon does in its passes, over gateways that cost nothing themselves.
type fleetDaemon struct {
	tb       testing.TB
	repo     string
	gateways []*stocked
	*reconciler.Reconciler
}

func newFleetDaemon(tb testing.TB, repo string, resources, every int) *fleetDaemon {
	d := &fleetDaemon{tb: tb, repo: repo}
	dir := tb.TempDir()
	mirror, err := source.Open(tb.Context(), source.Config{URL: repo, Branch: "main", Dir: filepath.Join(dir, "mirror")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { mirror.Close() })
	journal, err := record.Open(filepath.Join(dir, "journal"), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { journal.Close() })
	config := reconciler.Config{Source: mirror, History: mirror, Journal: journal, DriftInterval: time.Hour}
	for i := range fleetGroups {
		gw := &stocked{domain: domainOf(i), resources: resources, every: every, put: gateway.State{}}
		d.gateways = append(d.gateways, gw)
		config.Groups = append(config.Groups, reconciler.Group{Name: fmt.Sprintf("g%02d", i), Gateway: gw})
	}
	if d.Reconciler, err = reconciler.New(config); err != nil {
		tb.Fatal(err)
	}
	return d
}

// pass runs a pass after which all environments run the newest commit, and returns how much was written.
func (d *fleetDaemon) pass() int {
	d.tb.Helper()
	if _, err := d.Once(d.tb.Context()); err != nil {
		d.tb.Fatal(err)
	}
	writes := 0
	for _, env := range d.Status().Environments {
		if env.State != string(record.Applied) && env.State != string(record.Unchanged) {
			d.tb.Fatalf("%s is %s: %s", env.Name, env.State, env.Text)
		}
	}
	for _, gw := range d.gateways {
		writes += gw.writes
		gw.writes = 0
	}
	return writes
}

// commitFiles writes files into a repository and commits them.
func commitFiles(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			tb.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "--allow-empty", "-m", "change"}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=T", "-c", "user.email=t@acme.example"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// fleetPasses runs a fleet from its first pass on, and calls after behind each.
func fleetPasses(tb testing.TB, repo string, resources, every int, after func(step string)) {
	tb.Helper()
	d := newFleetDaemon(tb, repo, resources, every)
	step := func(name string, want int) {
		tb.Helper()
		if writes := d.pass(); writes != want {
			tb.Errorf("%s: %d writes, want %d", name, writes, want)
		}
		after(name)
	}
	step("cold", 0)
	step("nothing", 0)
	commitFiles(tb, repo, map[string]string{"README.md": "more\n"})
	step("new-commit", 0)
	changed := strings.Replace(fleetRepo(resources, every)["base/f000.yaml"], "methods: [GET, POST]", "methods: [GET]", 1)
	commitFiles(tb, repo, map[string]string{"base/f000.yaml": changed})
	step("one-route", fleetGroups)
	d.Retry()
	step("look", 0)
}

// TestAFleetIsPassedOver runs a small fleet through the passes that BenchmarkDaemonPass measures.
func TestAFleetIsPassedOver(t *testing.T) {
	repo := t.TempDir()
	commitFiles(t, repo, fleetRepo(200, 10))
	fleetPasses(t, repo, 200, 10, func(string) {})
}

// fleetChild names, for a process of its own, the config repo that it measures itself on, and its shape.
const fleetChild = "SLUICE_BENCH_DAEMON"

// TestADaemonInAProcessOfItsOwn is the other half of BenchmarkDaemonPass.
func TestADaemonInAProcessOfItsOwn(t *testing.T) {
	shape, repo, found := strings.Cut(os.Getenv(fleetChild), ":")
	if !found {
		t.Skip("SKIPPED: this is the process that BenchmarkDaemonPass starts")
	}
	last := time.Now()
	fleetPasses(t, repo, 10_000, vary[shape], func(step string) {
		fmt.Printf("\n%s-MiB=%d %s-ms=%d\n", step, peakMiB(t), step, time.Since(last).Milliseconds())
		last = time.Now()
	})
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMiB is the most memory that the process has had so far.
func peakMiB(tb testing.TB) int {
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

var figure = regexp.MustCompile(`(\S+-(?:MiB|ms))=(\d+)`)

// BenchmarkDaemonPass measures the peak of a process that runs the passes of a daemon with 10,000 resources in each of 20 gateway groups: the
// first one, one with nothing to do, one for a commit that changes nothing, one for a commit that changes one route, and one that looks at all
// of live.
func BenchmarkDaemonPass(b *testing.B) {
	for name, every := range vary {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				repo := b.TempDir()
				commitFiles(b, repo, fleetRepo(10_000, every))
				cmd := exec.Command(os.Args[0], "-test.run=^TestADaemonInAProcessOfItsOwn$", "-test.v")
				cmd.Env = append(os.Environ(), fleetChild+"="+name+":"+repo)
				out, err := cmd.CombinedOutput()
				if err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				for _, found := range figure.FindAllSubmatch(out, -1) {
					n, err := strconv.ParseFloat(string(found[2]), 64)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(n, string(found[1]))
				}
			}
		})
	}
}
