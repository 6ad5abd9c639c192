package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// openSSH runs git-upload-pack or git-receive-pack behind ssh. The context governs the dial, the handshake and everything after: its end closes
// the connection. Host keys are always checked.
func openSSH(ctx context.Context, service string, at address, auth Auth) (wire, error) {
	config, done, err := sshConfig(ctx, at, auth)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.hostPort("22"))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client, err := handshake(conn, at, config)
	if err != nil {
		stop()
		return nil, errors.Join(err, ignoreClosed(conn.Close()))
	}
	kill := sync.OnceValue(func() error {
		stop()
		return ignoreClosed(client.Close())
	})
	p, err := startSSH(client, service+" "+shellQuote(at.path), kill)
	if err != nil {
		return nil, errors.Join(err, kill())
	}
	return p, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func handshake(conn net.Conn, at address, config *ssh.ClientConfig) (*ssh.Client, error) {
	secure, channels, requests, err := ssh.NewClientConn(conn, at.hostPort("22"), config)
	if err != nil {
		return nil, explainHandshake(at, err)
	}
	return ssh.NewClient(secure, channels, requests), nil
}

func startSSH(client *ssh.Client, command string, kill func() error) (wire, error) {
	s, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	p := &pipe{said: &sayings{}, kill: kill, ended: sync.OnceValue(s.Wait)}
	s.Stderr = p.said
	if p.in, err = s.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = s.StdoutPipe(); err != nil {
		return nil, err
	}
	return p, s.Start(command)
}

// shellQuote quotes as Git does, for the shell at the other end.
func shellQuote(s string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(s) + "'"
}

// sshConfig reads the keys. The done function must be called after the handshake.
func sshConfig(ctx context.Context, at address, auth Auth) (config *ssh.ClientConfig, done func(), err error) {
	hosts, err := trustedHosts(auth.KnownHostsFile)
	if err != nil {
		return nil, nil, err
	}
	config = &ssh.ClientConfig{
		User:              sshUser(at, auth),
		HostKeyCallback:   hosts.HostKeyCallback(),
		HostKeyAlgorithms: hosts.HostKeyAlgorithms(at.hostPort("22")),
	}
	method, done, err := sshMethod(ctx, auth.SSHKeyFile)
	config.Auth = []ssh.AuthMethod{method}
	return config, done, err
}

func sshUser(at address, auth Auth) string {
	switch {
	case at.user != "":
		return at.user
	case auth.Username != "":
		return auth.Username
	}
	return "git"
}

// sshMethod logs in with a key file, or with the keys of the agent.
func sshMethod(ctx context.Context, keyFile string) (ssh.AuthMethod, func(), error) {
	if keyFile == "" {
		return sshAgent(ctx)
	}
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, nil, &Error{What: "read ssh key", Hint: "the file named in repository.auth must be there and readable", Err: err}
	}
	signer, err := ssh.ParsePrivateKey(data)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return nil, nil, &Error{
			What: "read ssh key " + keyFile + ": it is locked with a passphrase",
			Hint: "use a key without one (ssh-keygen -p -N '' -f " + keyFile + "), or the ssh agent",
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read ssh key %s: %w", keyFile, err)
	}
	return ssh.PublicKeys(signer), func() {}, nil
}

func sshAgent(ctx context.Context) (ssh.AuthMethod, func(), error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		return nil, nil, &Error{
			What: "no ssh key is given, and no ssh agent answers",
			Hint: "name a key file in repository.auth.sshKeyFile",
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	done := func() {
		stop()
		// The keys were used; how the agent takes leave doesn't matter.
		_ = conn.Close()
	}
	return ssh.PublicKeysCallback(agent.NewClient(conn).Signers), done, nil
}

// trustedHosts reads the host keys that are trusted: one file, or those of the user and the system.
func trustedHosts(file string) (*knownhosts.HostKeyDB, error) {
	var files []string
	if file != "" {
		files = []string{file}
	}
	hosts, err := gitssh.NewKnownHostsDb(files...)
	if err != nil {
		return nil, &Error{
			What: "read the host keys that ssh trusts",
			Hint: "write the server's key to a file (ssh-keyscan HOST > known_hosts, then compare it with what the server's " +
				"operators publish) and name it in repository.auth.knownHostsFile",
			Err: err,
		}
	}
	return hosts, nil
}

func explainHandshake(at address, err error) error {
	switch {
	case knownhosts.IsHostKeyChanged(err):
		return &Error{
			What: fmt.Sprintf("the host key of %s is not the one that is trusted", at.host),
			Hint: "someone may be in between; if the server's operators confirm a new key, replace the line in known_hosts",
			Err:  fmt.Errorf("%w: %w", ErrDenied, err),
		}
	case knownhosts.IsHostUnknown(err):
		return &Error{
			What: fmt.Sprintf("the host key of %s is not trusted", at.host),
			Hint: fmt.Sprintf("add it to the known_hosts file (ssh-keyscan %s, then compare it with what the server's operators publish)", at.host),
			Err:  fmt.Errorf("%w: %w", ErrDenied, err),
		}
	case strings.Contains(err.Error(), "unable to authenticate"):
		return &Error{
			What: fmt.Sprintf("%s accepts none of our keys", at.host),
			Hint: "add the public key to the server as a deploy key with read access",
			Err:  fmt.Errorf("%w: %w", ErrDenied, err),
		}
	}
	return err
}
