//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge/giteatest"
)

// e2e is the real daemon beside a real Gitea that hosts its config repo.
type e2e struct {
	t          *testing.T
	gitea      *giteatest.Server
	dir, url   string
	repository string
	daemon     *exec.Cmd
	ended      chan struct{}
}

const e2eSecret = "hook-s3cret"

// newE2E makes a repository with three environments, a webhook, and a daemon that would find a commit by itself only after an hour. The
// settings are lines for the app.ini of Gitea.
func newE2E(t *testing.T, settings ...string) *e2e {
	t.Helper()
	on := &e2e{t: t, gitea: giteatest.Start(t, settings...), dir: t.TempDir(), repository: giteatest.Admin + "/gateways"}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	on.must(err)
	on.url = "http://" + listener.Addr().String()
	on.must(listener.Close())
	on.gitea.Repository(t, giteatest.Admin, "gateways")
	token := on.gitea.User(t, "sluice-bot", "write:repository", "write:issue", "read:user")
	on.gitea.Collaborator(t, on.repository, "sluice-bot")
	on.gitea.Hook(t, on.repository, on.url+"/webhooks/gitea", e2eSecret)
	groups := ""
	for name, env := range map[string]string{"test": "test", "uat": "uat", "prod-eu": "prod", "prod-us": "prod"} {
		groups += fmt.Sprintf("  %s: {type: embedded, environment: %s, stateFile: %s.json}\n", name, env, name)
	}
	on.write("sluice.yaml", fmt.Sprintf(`repository: {url: %q, poll: 1h, auth: {username: sluice-bot, passwordFile: token}}
journal: {path: state/journal}
listen: %s
publicURL: %s
allow: {probes: ["http://127.0.0.1:*"], secrets: ["gw-*"]}
forge: {type: gitea, tokenFile: token, webhookSecretFile: hook}
gatewayGroups:
%s`, on.gitea.Remote(on.repository), strings.TrimPrefix(on.url, "http://"), on.url, groups))
	on.write("token", token)
	on.write("hook", e2eSecret)
	return on
}

func (on *e2e) must(err error) {
	on.t.Helper()
	if err != nil {
		on.t.Fatal(err)
	}
}

func (on *e2e) write(name, text string) {
	on.t.Helper()
	on.must(os.WriteFile(filepath.Join(on.dir, name), []byte(text), 0o600))
}

func (on *e2e) start() {
	on.t.Helper()
	program, err := exec.LookPath("sluice")
	on.must(err)
	log, err := os.OpenFile(filepath.Join(on.dir, "daemon.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	on.must(err)
	defer log.Close()
	on.daemon = exec.Command(program, "run", "-c", "sluice.yaml")
	on.daemon.Dir, on.daemon.Stdout, on.daemon.Stderr = on.dir, log, log
	on.must(on.daemon.Start())
	daemon, ended := on.daemon, make(chan struct{})
	on.ended = ended
	go func() { _ = daemon.Wait(); close(ended) }()
	on.t.Cleanup(func() { _ = daemon.Process.Kill(); <-ended })
}

// kill ends the daemon at once.
func (on *e2e) kill() {
	on.t.Helper()
	on.must(on.daemon.Process.Kill())
	<-on.ended
}

func (on *e2e) until(what string, check func() error) {
	on.t.Helper()
	on.untilBy(2*time.Minute, 50*time.Millisecond, what, check)
}

// untilBy waits as until does, up to a time, and looks every so often: what costs the forge much is not asked for at every moment.
func (on *e2e) untilBy(most, every time.Duration, what string, check func() error) {
	on.t.Helper()
	var err error
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(every) {
		if err = check(); err == nil {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(on.dir, "daemon.log"))
	on.t.Fatalf("%s: %v\n%s", what, err, log)
}

// status is what Gitea shows of a commit.
type status struct {
	State   string `json:"status"`
	Context string `json:"context"`
	Text    string `json:"description"`
	URL     string `json:"target_url"`
}

// statuses returns the newest status of each context of a commit.
func (on *e2e) statuses(commit string) map[string]status {
	on.t.Helper()
	var combined struct {
		Statuses []status `json:"statuses"`
	}
	on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/commits/"+commit+"/status", nil, &combined)
	all := map[string]status{}
	for _, one := range combined.Statuses {
		all[one.Context] = one
	}
	return all
}

// shows waits until a commit shows these states, by environment.
func (on *e2e) shows(commit string, want map[string]string) map[string]status {
	on.t.Helper()
	var all map[string]status
	on.until("the statuses of "+commit, func() error {
		all = on.statuses(commit)
		got := map[string]string{}
		for context, one := range all {
			got[strings.TrimPrefix(context, "sluice/")] = one.State
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("(-want +got):\n%s%+v", diff, all)
		}
		return nil
	})
	return all
}

var everywhere = map[string]string{"test": "success", "uat": "success", "prod": "success"}

func route(path string) map[string]string {
	return map[string]string{"base/users.yaml": "upstreams:\n  users: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  users: {upstream_id: users, uri: " + path + "}\n"}
}

// TestE2EStatuses plays the life of a branch on a real Gitea: what its commits show in the end is what became of them, whatever was down
// meanwhile.
func TestE2EStatuses(t *testing.T) {
	on := newE2E(t)
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["environments/test/environment.yaml"] = "extends: [base]\ngroups: [test]\n"
	files["environments/uat/environment.yaml"] = "extends: [base]\nafter: [test]\ngroups: [uat]\n"
	files["environments/prod/environment.yaml"] = "extends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\n"
	commit := func(message string, files map[string]string) string {
		return on.gitea.Commit(t, on.repository, "main", message, files)
	}
	first := commit("Begin", files)
	on.start()
	shown := on.shows(first, everywhere)
	if prod := shown["sluice/prod"]; prod.Text != "4 created, 0 updated, 0 deleted on 2 groups" || !strings.HasSuffix(prod.URL, "/environments/prod/commits/"+first) {
		t.Errorf("prod shows %+v", prod)
	}
	code, body, err := fetch(shown["sluice/prod"].URL)
	if err != nil || code != 200 || !strings.Contains(body, first) {
		t.Errorf("the status leads to %d, %v: %s", code, err, body)
	}

	t.Log("a webhook brings a commit live")
	on.shows(commit("Move users", route("/accounts/*")), everywhere)

	t.Log("a fault names its place on the commit")
	broken := commit("Break it", map[string]string{"base/broken.yaml": "routes:\n  broken: {url: /x}\n"})
	shown = on.shows(broken, map[string]string{"test": "failure", "uat": "failure", "prod": "failure"})
	if text := shown["sluice/test"].Text; !strings.Contains(text, "base/broken.yaml:2:") {
		t.Errorf("test shows %q", text)
	}
	fixed := commit("Mend it", map[string]string{"base/broken.yaml": ""})
	on.shows(fixed, everywhere)

	t.Log("a delivery with the wrong secret is refused")
	request, err := http.NewRequest(http.MethodPost, on.url+"/webhooks/gitea", strings.NewReader(`{"ref":"refs/heads/main"}`))
	on.must(err)
	request.Header.Set("X-Gitea-Signature", strings.Repeat("0", 64))
	answer, err := http.DefaultClient.Do(request)
	on.must(err)
	on.must(answer.Body.Close())
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a forged delivery is answered %d", answer.StatusCode)
	}

	t.Log("a daemon that is killed, and a Gitea that goes and comes, lose no status")
	on.kill()
	one := commit("One", route("/one/*"))
	two := commit("Two", route("/two/*"))
	on.start()
	on.until("the daemon has carried the commit", func() error { return statusIs(on.url, "prod", "applied", two) })
	on.gitea.Stop(t)
	on.gitea.Resume(t)
	on.shows(two, everywhere)
	shown = on.shows(one, everywhere)
	if text := shown["sluice/prod"].Text; text != "carried by "+two[:7]+", which is applied" {
		t.Errorf("the commit that was jumped over shows %q", text)
	}
}

// TestE2ERollbackOpensARevert applies a commit that a probe does not like: the environment is rolled back, the commit says so, and a pull
// request takes it back. Merged, the branch says what runs.
func TestE2ERollbackOpensARevert(t *testing.T) {
	on := newE2E(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer backend.Close()
	test := func(probe string) string {
		return fmt.Sprintf("extends: [base]\ngroups: [test]\nvars: {probe: %q}\nrollout:\n  verify:\n    probes: [{name: users, url: \"${vars.probe}\"}]\n"+
			"    timeout: 2s\n  onFailure: rollback\n", backend.URL+probe)
	}
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["environments/test/environment.yaml"] = test("/good")
	first := on.gitea.Commit(t, on.repository, "main", "Begin", files)
	on.start()
	on.shows(first, map[string]string{"test": "success"})
	files = route("/accounts/*")
	files["environments/test/environment.yaml"] = test("/bad")
	on.commit("topic", "Move users", files)
	topic := on.open(on.gitea.Token, "topic")
	on.until("the merge", func() error {
		if code := on.merge(topic.Number); code != http.StatusOK && !on.pull(topic.Number).Merged {
			return fmt.Errorf("the forge answers %d", code)
		}
		return nil
	})
	bad := on.head()
	shown := on.shows(bad, map[string]string{"test": "failure"})
	if text := shown["sluice/test"].Text; !strings.Contains(text, "probe users: 500") || !strings.Contains(text, "test runs "+first[:7]+" again") {
		t.Errorf("test shows %q", text)
	}
	var pulls []struct {
		Title string `json:"title"`
		URL   string `json:"html_url"`
		Head  struct {
			Ref string `json:"ref"`
		} `json:"head"`
	}
	on.until("a pull request takes it back", func() error {
		on.gitea.Call(t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/pulls?state=open", nil, &pulls)
		if len(pulls) != 1 {
			return fmt.Errorf("%d pull requests are open", len(pulls))
		}
		return nil
	})
	if !strings.HasPrefix(pulls[0].Title, `Revert "Merge pull request`) || pulls[0].Head.Ref != "sluice/revert-"+bad[:7] {
		t.Errorf("the pull request is %+v", pulls[0])
	}
	on.until("the pull request that brought it is told", func() error {
		var comments []struct {
			Body string `json:"body"`
		}
		on.gitea.Call(t, on.gitea.Token, http.MethodGet, fmt.Sprintf("/repos/%s/issues/%d/comments", on.repository, topic.Number), nil, &comments)
		for _, one := range comments {
			if strings.Contains(one.Body, "rolled-back in test") && strings.Contains(one.Body, "[A pull request]("+pulls[0].URL+")") {
				return nil
			}
		}
		return fmt.Errorf("it has %+v", comments)
	})
}
