package source

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/sluice-gitops/sluice/gateway"
)

// remote is where the branch lives and how to log in there. It is safe for concurrent use.
type remote struct {
	at      address
	auth    Auth
	token   func(context.Context) (gateway.Secret, error) // nil: auth alone
	refused func(gateway.Secret) bool                     // of token; nil: there is no other one
	mayPush func() error                                  // nil: always
	timeout time.Duration
	client  *http.Client // our own: neither its limits nor its connections are shared with the process
}

func newRemote(at address, c Config) *remote {
	own := http.DefaultTransport.(*http.Transport).Clone()
	return &remote{at: at, auth: c.Auth, token: c.Token, refused: c.Refused, mayPush: c.MayPush, timeout: c.Timeout, client: &http.Client{Transport: own}}
}

func (r *remote) close() { r.client.CloseIdleConnections() }

// connect opens the wire for the scheme of the address.
func (s *session) connect() (wire, error) {
	switch s.remote.at.scheme {
	case "file":
		return openLocal(s.ctx, s.service, s.remote.at.path)
	case "ssh":
		return openSSH(s.ctx, s.service, s.remote.at, s.remote.auth)
	}
	return s.connectHTTP()
}

func (s *session) connectHTTP() (wire, error) {
	user, password, err := s.remote.login(s.ctx)
	if err != nil {
		return nil, err
	}
	s.secret = []string{password}
	endpoint, err := transport.NewEndpoint(s.remote.at.String())
	if err != nil {
		return nil, err
	}
	var auth transport.AuthMethod
	if password != "" {
		auth = &githttp.BasicAuth{Username: user, Password: password}
	}
	client := githttp.NewClient(s.remote.client)
	if s.service == receivePack {
		session, err := client.NewReceivePackSession(endpoint, auth)
		return httpPush{session}, err
	}
	return client.NewUploadPackSession(endpoint, auth)
}

// login returns what basic authentication needs: a token that somebody makes, what the files hold, or what the URL says. No password means no login.
func (r *remote) login(ctx context.Context) (user, password string, err error) {
	if r.token != nil {
		token, err := r.token(ctx)
		if err != nil {
			return "", "", &Error{What: "log in to " + r.at.String(), Err: err}
		}
		return cmp.Or(r.auth.Username, TokenUser), token.Reveal(), nil
	}
	user, file := r.auth.Username, r.auth.TokenFile
	if file == "" {
		file = r.auth.PasswordFile
	}
	if user == "" {
		user = r.at.user
	}
	if file == "" {
		return user, r.at.password, nil
	}
	if user == "" {
		user = "git"
	}
	password, err = readSecret(file)
	return user, password, err
}

// readSecret reads a one-line file. An empty one is an error: it would log in as nobody and be refused for the wrong reason.
func readSecret(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", &Error{What: "read login", Hint: "the file named in repository.auth must be there and readable", Err: err}
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", &Error{What: "read login: " + path + " is empty"}
	}
	if strings.ContainsAny(text, "\r\n") {
		return "", &Error{What: "read login: " + path + " has more than one line"}
	}
	return text, nil
}
