//go:build unix

package etcdtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Build returns the path of an etcd server. The test is skipped, and says so, where it can't be built.
func Build(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.Command("go", "tool", "-n", "go.etcd.io/etcd/server/v3")
	cmd.Dir = filepath.Join(filepath.Dir(here), "testdata", "etcd")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	var faults bytes.Buffer
	cmd.Stderr = &faults
	path, err := cmd.Output()
	if err != nil {
		t.Skipf("SKIPPED: %s NOT checked: etcd can't be built from replica/etcdtest/testdata/etcd: %v\n%s", t.Name(), err, faults.Bytes())
	}
	return strings.TrimSpace(string(path))
}

// Server is one etcd server on this machine, alone in its cluster.
type Server struct {
	URL string // for clients

	path, dir, peer string
	process         *exec.Cmd
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{path: Build(t), dir: t.TempDir(), URL: "http://" + free(t), peer: "http://" + free(t)}
	t.Cleanup(func() { s.Kill(t) })
	s.Restart(t)
	return s
}

// free returns an address that nobody listens on.
func free(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Restart starts the server anew, with the data that it had, and waits until it answers.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.process = exec.Command(s.path, "--name=one", "--data-dir="+filepath.Join(s.dir, "data"), "--unsafe-no-fsync",
		"--listen-client-urls="+s.URL, "--advertise-client-urls="+s.URL, "--listen-peer-urls="+s.peer,
		"--initial-advertise-peer-urls="+s.peer, "--initial-cluster=one="+s.peer, "--heartbeat-interval=50", "--election-timeout=250")
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); !s.healthy(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("etcd does not answer:\n%s", text)
		}
	}
}

func (s *Server) healthy() bool {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get(s.URL + "/health")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return err == nil && strings.Contains(string(body), `"health":"true"`)
}

// Kill ends the server at once.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Kill(); err != nil {
		t.Errorf("kill etcd: %v", err)
	}
	_ = s.process.Wait()
	s.process = nil
}

// Freeze stops the server where it is; Thaw lets it go on. A frozen server looks like one whose quorum is lost.
func (s *Server) Freeze(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		t.Fatal(fmt.Errorf("signal etcd: %w", err))
	}
}
