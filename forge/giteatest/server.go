package giteatest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// Admin is the user that Server.Token belongs to.
	Admin = "bot"
	// startTime bounds how long Gitea may take to answer; it takes a second or two on an idle machine.
	startTime = 2 * time.Minute
)

// Server is a Gitea that runs. Its methods end the test when something is not as it should be; they may not be called from several
// goroutines at once, except Call.
type Server struct {
	URL   string // http://127.0.0.1:PORT
	Token string // of Admin, with every scope

	dir     string
	binary  Binary
	running *process
}

// Start runs a Gitea for as long as a test lasts, with these lines added to its app.ini. The test is skipped when SLUICE_E2E is not set, or
// when Gitea was not built.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	if os.Getenv("SLUICE_E2E") == "" {
		t.Skip("SKIPPED: no real Gitea was asked for; `make e2e` runs this test with one")
	}
	binary, err := Cached()
	if err != nil || !binary.There() {
		t.Skipf("SKIPPED: Gitea was not built, `go run ./tools/gitea` builds it (%v)", err)
	}
	s := &Server{binary: binary, dir: t.TempDir()}
	s.install(t, settings)
	s.Resume(t)
	t.Cleanup(func() {
		s.Stop(t)
		if t.Failed() {
			t.Logf("the end of Gitea's log:\n%s", s.log())
		}
	})
	return s
}

// install writes the configuration, and makes the database, the first user and its token.
func (s *Server) install(t testing.TB, settings []string) {
	t.Helper()
	port := freePort(t)
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	text := configuration(s.dir, s.binary.Files, port) + strings.Join(settings, "\n")
	if err := os.WriteFile(s.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command(t, "migrate")
	s.command(t, "admin", "user", "create", "--admin", "--username", Admin, "--password", password, "--email", Admin+"@example.com",
		"--must-change-password=false")
	out := s.command(t, "admin", "user", "generate-access-token", "--username", Admin, "--token-name", "test", "--scopes", "all", "--raw")
	lines := strings.Fields(out) // as root it prints a warning before
	s.Token = lines[len(lines)-1]
}

// freePort returns a port that nothing listens on now. Its own address is part of what Gitea is configured with.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *Server) config() string { return filepath.Join(s.dir, "app.ini") }

func (s *Server) logFile() string { return filepath.Join(s.dir, "gitea.log") }

// build returns a command of Gitea that sees nothing of the user's own configuration.
func (s *Server) build(args ...string) *exec.Cmd {
	command := exec.Command(s.binary.Program, append([]string{"--config", s.config()}, args...)...)
	command.Dir = s.dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + os.TempDir(), "GIT_CONFIG_NOSYSTEM=1"}
	return command
}

// command runs a command of Gitea to its end, and returns what it printed.
func (s *Server) command(t testing.TB, args ...string) string {
	t.Helper()
	command := s.build(args...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("gitea %s: %v\n%s%s", args[0], err, out, complaints.String())
	}
	return string(out)
}

// Stop ends Gitea as a machine that goes down does, and keeps what it stores. One that does not run stays so.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.running == nil {
		return
	}
	if err := s.running.stop(); err != nil {
		t.Errorf("stop Gitea: %v", err)
	}
	s.running = nil
}

// Resume starts Gitea where Stop has left it, at the same address, and waits until it answers.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := s.build("web")
	command.Stdout, command.Stderr = log, log
	if s.running, err = start(command); err != nil {
		t.Fatalf("start Gitea: %v", err)
	}
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		if s.Call(t, "", "GET", "/healthz", nil, nil) == 200 {
			return
		}
		select {
		case <-s.running.ended:
			t.Fatalf("Gitea ended by itself:\n%s", s.log())
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatalf("Gitea does not answer:\n%s", s.log())
}

// log returns the end of what Gitea has logged.
func (s *Server) log() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}
