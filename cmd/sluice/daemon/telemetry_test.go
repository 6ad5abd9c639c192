package daemon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

// journeyHouse is a config repo with two stages, and a daemon's file for it.
const journeyHouse = `
-- repo/sluice.yaml --
version: 1
-- repo/base/users.yaml --
upstreams:
  users: {nodes: {"127.0.0.1:1980": 1}}
routes:
  users: {uri: /users/*, upstream_id: users, plugins: {proxy-rewrite: {headers: {set: {X-Key: "${secret(gw-key)}"}}}}}
-- repo/environments/test/environment.yaml --
extends: [base]
groups: [test-eu]
-- repo/environments/prod/environment.yaml --
extends: [base]
after: [test]
groups: [prod-eu]
rollout: {verify: {soak: 10ms}}
-- token --
t0ken
-- secrets/gw-key --
s3cret-value
-- headers --
Authorization: Bearer of-traces
-- sluice.yaml --
repository: {url: repo, poll: 100ms}
journal: {path: journal}
listen: 127.0.0.1:0
gatewayGroups:
  test-eu: {type: embedded, environment: test, settle: 10ms}
  prod-eu: {type: embedded, environment: prod, settle: 10ms}
forge: {type: gitea, url: FORGE, repository: acme/gateways, tokenFile: token}
pullRequests: {plan: false}
allow: {secrets: ["gw-*"]}
secrets: {dir: secrets}
traces: {otlp: {endpoint: TRACES, headersFile: headers}}
`

// build writes the house and makes the repo a real one. It returns the path of the daemon's file and the commit.
func build(t *testing.T, text string) (file, commit string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: the git command is not installed")
	}
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", filepath.Join(dir, "repo"), "-c", "user.name=T", "-c", "user.email=t@acme.example"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	git("add", "--all")
	git("commit", "--quiet", "--message", "begin")
	return filepath.Join(dir, "sluice.yaml"), git("rev-parse", "HEAD")
}

// runDaemon runs what a daemon's file says until the test ends.
func runDaemon(t *testing.T, file string) *Daemon {
	t.Helper()
	s, faults := settings.Load(file)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), s, Options{Version: "1.2.3", Commit: "abc", File: file})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		d.Close()
	})
	return d
}

// TestFromPushToLive follows one commit through two environments: its trace is whole, from the fetch to the last status on the forge, and
// the numbers say the same.
func TestFromPushToLive(t *testing.T) {
	receiver := tracetest.Start(t)
	hosted := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(hosted.Close)
	file, commit := build(t, strings.NewReplacer("FORGE", hosted.URL, "TRACES", strings.TrimSuffix(receiver.URL, "/v1/traces")).Replace(journeyHouse))
	d := runDaemon(t, file)
	whole := func(tree string) bool {
		return strings.HasPrefix(tree, "commit") && strings.Count(tree, "state=success") == 2
	}
	var tree string
	for begun := time.Now(); !whole(tree); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("the trace is not whole:\n%s", tree)
		}
		if err := d.telemetry.tracer.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		tree = receiver.Tree(commit[:32], "env", "group", "op", "key", "context", "state", "environments")
	}
	want := `commit environments=2
  fetch
  load
  status context=sluice/prod state=success
  status context=sluice/test state=success
  turn env=prod state=applied
  turn env=prod state=verifying
  turn env=test state=applied
    apply env=prod group=prod-eu
    apply env=test group=test-eu
    plan
    plan
    plan
    read group=prod-eu
    read group=test-eu
    render
    render
    render
    verify env=prod
      barrier
      barrier
      barrier
      barrier
      write op=create key=routes/users
      write op=create key=routes/users
      write op=create key=upstreams/users
      write op=create key=upstreams/users
`
	if diff := cmp.Diff(want, sorted(tree)); diff != "" {
		t.Errorf("spans (-want +got):\n%s\nin their order:\n%s", diff, tree)
	}
	if got := receiver.Headers().Get("Authorization"); got != "Bearer of-traces" {
		t.Errorf("traces are sent with %q", got)
	}
	if text := fmt.Sprint(receiver.Spans()); strings.Contains(text, "s3cret-value") || strings.Contains(text, "t0ken") {
		t.Error("a span shows a secret")
	}
	checkNumbers(t, d)
}

// sorted puts lines in order, those that stand further left first, without what differs from run to run: pending statuses are posted when
// there is time.
func sorted(tree string) string {
	var lines []string
	for line := range strings.Lines(tree) {
		if !strings.Contains(line, "state=pending") {
			lines = append(lines, line)
		}
	}
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	slices.SortFunc(lines, func(a, b string) int {
		if indent(a) != indent(b) {
			return indent(a) - indent(b)
		}
		return strings.Compare(a, b)
	})
	return strings.Join(lines, "")
}

func checkNumbers(t *testing.T, d *Daemon) {
	t.Helper()
	answer, err := http.Get("http://" + d.Address() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: %s %v", answer.Status, err)
	}
	for _, line := range []string{
		`sluice_environment_state{environment="prod",state="applied"} 1`,
		`sluice_environment_waiting_seconds{environment="prod"} 0`,
		`sluice_changes_total{group="prod-eu",op="create",result="ok"} 2`,
		`sluice_group_failing{environment="test",group="test-eu"} 0`,
		`sluice_verify_duration_seconds_count{environment="prod",result="ok"} 1`,
		`sluice_commits_total{environment="test",outcome="applied"} 1`,
		`sluice_leader 1`,
		`sluice_statuses_waiting 0`,
		`sluice_build_info{goversion="`,
	} {
		if !strings.Contains(string(body), line) {
			t.Errorf("/metrics has no %s", line)
		}
	}
	for _, secret := range []string{"t0ken", "of-traces", "s3cret-value"} {
		if strings.Contains(string(body), secret) {
			t.Errorf("/metrics shows the secret %q", secret)
		}
	}
}
