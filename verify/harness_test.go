package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/verify"
)

// waveOf makes a wave of an environment whose rollout.verify is the given YAML, indented by four. The groups eu and us have a
// variable region of their own.
func waveOf(t testing.TB, rules string, groups ...string) verify.Wave {
	t.Helper()
	repo := fstest.MapFS{}
	for name, text := range map[string]string{
		"sluice.yaml":                        "version: 1\n",
		"environments/prod/environment.yaml": environmentFile(rules, groups),
		"environments/prod/vars.yaml":        "vars: {domain: prod.acme.example, site: 'http://${vars.domain}', bad: '(', port: 8080}\n",
	} {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, group := range groups {
		repo["environments/prod/groups/"+group+"/vars.yaml"] = &fstest.MapFile{Data: []byte("vars: {region: in-" + group + "}\n")}
	}
	return loaded(t, repo, groups)
}

func environmentFile(rules string, groups []string) string {
	rules, canary, _ := strings.Cut(strings.TrimSpace(rules), "\ncanary:")
	text := "groups: [[" + strings.Join(groups, ", ") + "]]\nempty: true\nrollout:\n  verify:\n    " + strings.ReplaceAll(rules, "\n", "\n    ") + "\n"
	if canary != "" {
		text += "  canary:" + canary + "\n"
	}
	return text
}

func loaded(t testing.TB, repo fs.FS, groups []string) verify.Wave {
	t.Helper()
	tree := environments.Load(repo)
	env, found := tree.Find("prod")
	if err := env.Faults.Err(); err != nil || !found || tree.Faults.HasErrors() {
		t.Fatal(err, tree.Faults)
	}
	return verify.Wave{FS: repo, Tree: tree, Environment: env, Groups: groups}
}

// world answers probes and queries from memory.
type world struct {
	mu      sync.Mutex
	answers map[string]func(*http.Request) (int, string, error) // by host
	asked   []string                                            // what was asked for, with the time since the beginning
	began   time.Time
}

func newWorld() *world {
	return &world{answers: map[string]func(*http.Request) (int, string, error){}, began: time.Now()}
}

// always makes a host give one answer.
func (w *world) always(host string, status int, body string) {
	w.answers[host] = func(*http.Request) (int, string, error) { return status, body, nil }
}

// after makes a host give the answers of the list one after the other, and the last for ever.
func (w *world) after(host string, statuses ...int) {
	i := -1
	w.answers[host] = func(*http.Request) (int, string, error) {
		i = min(i+1, len(statuses)-1)
		return statuses[i], "", nil
	}
}

var errRefused = errors.New("nobody listens there")

func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, fmt.Sprintf("%s %s %s", time.Since(w.began).Round(time.Millisecond), req.Method, req.URL))
	answer, ok := w.answers[req.URL.Host]
	if !ok {
		return nil, errRefused
	}
	status, body, err := answer(req)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.asked)
}

// anywhere allows every address.
type anywhere struct{ named bool }

func (a anywhere) Allows(*url.URL) bool  { return true }
func (a anywhere) Names(netip.Addr) bool { return a.named }

// config asks the world for everything; every group is ready.
func (w *world) config() verify.Config {
	ready := func(context.Context) error { return nil }
	return verify.Config{
		Health: map[string]func(context.Context) error{"eu": ready, "us": ready}, Probes: anywhere{},
		Prometheus: &verify.Prometheus{URL: "http://prometheus:9090/", Transport: w}, Values: values{"token": "s3cr3t-t0ken"}, Transport: w,
	}
}

// values are the secrets by name.
type values map[string]string

func (v values) Env(string) (string, error) { return "", fs.ErrNotExist }

func (v values) Secret(name string) (string, error) {
	text, ok := v[name]
	if !ok {
		return "", fmt.Errorf("secret %q: %w", name, fs.ErrNotExist)
	}
	return text, nil
}

// texts gathers what is told.
type texts struct {
	all []string
	at  []time.Time
}

func (x *texts) tell(text string) { x.all, x.at = append(x.all, text), append(x.at, time.Now()) }

// outline writes a report, a line for each check.
func outline(r verify.Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		mark := "no"
		if c.OK {
			mark = "ok"
		}
		fmt.Fprintf(&b, "%s %s %s [%s] %s\n", mark, c.Kind, c.Name, c.Group, c.Text)
	}
	return b.String()
}
