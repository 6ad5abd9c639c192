//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sluice-gitops/sluice/web/browsertest"
)

const operatorToken = "an-operator's-token-of-the-test"

// actedDemo is a daemon with one environment, and an operator who looks at it.
type actedDemo struct {
	*shownDemo
	dir    string
	daemon *exec.Cmd
}

func newActedDemo(t *testing.T) *actedDemo {
	t.Helper()
	dir := t.TempDir()
	on := &actedDemo{shownDemo: &shownDemo{T: t, Browser: browsertest.Start(t), repo: filepath.Join(dir, "config-repo")}, dir: dir}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	on.must(err)
	on.url = "http://" + listener.Addr().String()
	on.must(listener.Close())
	for name, text := range map[string]string{
		"token":                   operatorToken,
		"config-repo/sluice.yaml": "version: 1\n",
		"config-repo/environments/test/environment.yaml": "groups: [test]\n",
		"config-repo/environments/test/users.yaml":       "upstreams:\n  users: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  users: {upstream_id: users, uri: /users/*}\n",
		"sluice.yaml": fmt.Sprintf("repository: {url: config-repo, branch: main}\njournal: {path: journal}\nlisten: %s\napi: {tokenFile: token}\ngatewayGroups:\n  test: {type: embedded, environment: test}\n", listener.Addr()),
	} {
		path := filepath.Join(dir, name)
		on.must(os.MkdirAll(filepath.Dir(path), 0o700))
		on.must(os.WriteFile(path, []byte(text), 0o600))
	}
	on.git("init", "-q", "-b", "main")
	on.git("add", "-A")
	on.git("-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "commit", "-qm", "Begin")
	on.start()
	return on
}

func (on *actedDemo) start() {
	on.Helper()
	program, err := exec.LookPath("sluice")
	on.must(err)
	daemon := exec.Command(program, "run", "-c", "sluice.yaml")
	daemon.Dir = on.dir
	on.must(daemon.Start())
	on.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	on.daemon = daemon
	on.until("the daemon", func() error {
		connection, err := net.Dial("tcp", on.url[len("http://"):])
		if err == nil {
			err = connection.Close()
		}
		return err
	})
}

// TestE2EPageActs logs in, pauses and resumes an environment, and logs out; meanwhile the daemon is started anew.
func TestE2EPageActs(t *testing.T) {
	on := newActedDemo(t)
	on.Resize(1440)
	on.Open(on.url + "/")
	on.Until("what runs", shows(".env .state", "applied"))
	on.Follow(".env h2 a")
	on.Until("the environment", shows("h1", "test"))
	if browsertest.Ask[bool](on.Browser, `!!document.querySelector("form[method=post]")`) {
		t.Error("somebody who has not logged in is offered an act")
	}
	on.Follow(`.who a[href^="/login"]`)
	on.Type("[name=token]", operatorToken)
	on.Follow("main form button")
	on.Until("the environment, as an operator", shows(".who", "operator")+`&& location.pathname === "/environments/test"`)

	on.Type("[name=reason]", `to look into "latency" <b>`)
	on.Follow(`form[action$="/pause"] button`)
	on.Until("the pause", shows(".env-head .state", "paused")+"&&"+shows("#now", `to look into "latency" <b>`))
	on.must(on.daemon.Process.Kill())
	_ = on.daemon.Wait()
	on.Until("that nobody answers", shows("#link", "reconnecting"))
	if !browsertest.Ask[bool](on.Browser, shows("#now", "latency")) {
		t.Error("what was shown is gone with the daemon")
	}
	on.start()
	on.Until("that it answers again", shows("#link", "live"))
	on.login()
	on.Follow(`form[action$="/resume"] button`)
	on.Until("the end of the pause", shows(".env-head .state", "applied"))
	on.Open(on.url + "/history?environment=test")
	on.Until("that it is on record", shows("#results", "latency"))
	on.Follow(`form[action="/logout"] button`)
	on.Open(on.url + "/environments/test")
	on.Until("that nobody is logged in", shows(".who", "Log in"))
	on.Clean("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
}

// login logs in again: the key of the sessions is made at the start, where no file holds one.
func (on *actedDemo) login() {
	on.Helper()
	on.Open(on.url + "/login?next=/environments/test")
	on.Type("[name=token]", operatorToken)
	on.Follow("main form button")
	on.Until("the environment, as an operator", shows(".who", "operator")+`&& location.pathname === "/environments/test"`)
}
