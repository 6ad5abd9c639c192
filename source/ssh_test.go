package source

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

type keyPair struct {
	file   string
	signer ssh.Signer
}

func newKey(t *testing.T) keyPair {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	must(t, err)
	k := keyPair{file: filepath.Join(t.TempDir(), "key")}
	must(t, os.WriteFile(k.file, pem.EncodeToMemory(block), 0o600))
	k.signer, err = ssh.NewSignerFromKey(private)
	must(t, err)
	return k
}

// sshServer lets one key in and runs what it is told by the shell, as sshd does.
type sshServer struct {
	address string
	host    keyPair
	config  *ssh.ServerConfig
	work    sync.WaitGroup
}

func serveSSH(t *testing.T, allowed ssh.PublicKey) *sshServer {
	t.Helper()
	s := &sshServer{host: newKey(t)}
	s.config = &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, errors.New("not this key")
		}
		return nil, nil
	}}
	s.config.AddHostKey(s.host.signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.address = l.Addr().String()
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		must(t, l.Close())
		s.work.Wait()
	})
	return s
}

func (s *sshServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.work.Go(func() { ssh.DiscardRequests(requests) })
	for asked := range channels {
		channel, requests, err := asked.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() { run(channel, requests) })
	}
}

func run(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = channel.Close() }()
	for request := range requests {
		if request.Type != "exec" {
			_ = request.Reply(false, nil)
			continue
		}
		var command struct{ Text string }
		_ = ssh.Unmarshal(request.Payload, &command)
		_ = request.Reply(true, nil)
		cmd := exec.Command("sh", "-c", command.Text)
		stdin, _ := cmd.StdinPipe()
		go func() {
			_, _ = io.Copy(stdin, channel)
			_ = stdin.Close()
		}()
		cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
		status := uint32(0)
		if err := cmd.Run(); err != nil {
			status = 128
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

func (s *sshServer) knownHosts(t *testing.T, key ssh.PublicKey) string {
	t.Helper()
	return tokenFile(t, knownhosts.Line([]string{s.address}, key)+"\n")
}

func TestSSH(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	key := newKey(t)
	s := serveSSH(t, key.signer.PublicKey())
	c := settings(t, "ssh://git@"+s.address+u.dir)
	c.Auth = Auth{SSHKeyFile: key.file, KnownHostsFile: s.knownHosts(t, s.host.signer.PublicKey())}
	r := open(t, c)
	if got := latest(t, r); got.Commit.Hash != first || len(files(t, got.FS)) != 4 {
		t.Errorf("got %+v", got)
	}
	u.write("a", "a")
	second := u.commit("second")
	if got := latest(t, r); got.Commit.Hash != second || got.Previous != first {
		t.Errorf("got %+v", got)
	}
}

func TestSSHFaults(t *testing.T) {
	u := newUpstream(t)
	u.first()
	key, other := newKey(t), newKey(t)
	s := serveSSH(t, key.signer.PublicKey())
	trusted := s.knownHosts(t, s.host.signer.PublicKey())
	cases := map[string]struct {
		auth   Auth
		path   string
		denied bool
		want   string
	}{
		"unknown host":    {Auth{SSHKeyFile: key.file, KnownHostsFile: tokenFile(t, "# none\n")}, u.dir, true, "is not trusted"},
		"changed host":    {Auth{SSHKeyFile: key.file, KnownHostsFile: s.knownHosts(t, other.signer.PublicKey())}, u.dir, true, "is not the one that is trusted"},
		"no known_hosts":  {Auth{SSHKeyFile: key.file, KnownHostsFile: "/nowhere/known_hosts"}, u.dir, false, "hint: write the server's key to a file (ssh-keyscan"},
		"refused key":     {Auth{SSHKeyFile: other.file, KnownHostsFile: trusted}, u.dir, true, "accepts none of our keys"},
		"no key file":     {Auth{SSHKeyFile: "/nowhere/key", KnownHostsFile: trusted}, u.dir, false, "read ssh key"},
		"garbage for key": {Auth{SSHKeyFile: tokenFile(t, "nonsense"), KnownHostsFile: trusted}, u.dir, false, "read ssh key"},
		"no repository":   {Auth{SSHKeyFile: key.file, KnownHostsFile: trusted}, "/nowhere/it's", false, "does not appear to be a git repository"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, "ssh://git@"+s.address+c.path)
			cfg.Auth = c.auth
			_, err := Open(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "hint:") && name != "garbage for key" || errors.Is(err, ErrDenied) != c.denied {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestSSHWithoutKeyOrAgent(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	c := settings(t, "git@127.0.0.1:repo.git")
	c.Auth.KnownHostsFile = tokenFile(t, "# none\n")
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "hint: name a key file") {
		t.Errorf("got %v", err)
	}
}
