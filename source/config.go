package source

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says which branch of which repository to follow. URL, Branch and Dir are required.
type Config struct {
	URL    string // https, http, ssh (ssh:// or user@host:path), file:// or a path
	Branch string // the short name, as "main"
	Dir    string // where the mirror lives; made when absent; one process at a time
	Auth   Auth   // how to log in; the zero value logs in as nobody, or by the ssh agent
	// Token returns what to log in with over https, in the place of the files of Auth; nil: those. It is asked for each conversation, so that
	// a token may live for an hour. It goes as the password of Auth.Username, or of TokenUser.
	Token func(context.Context) (gateway.Secret, error)
	// Refused is told of a token of Token that the server does not take, and reports whether Token may give another one: then it is asked once
	// more. Nil: it may not.
	Refused func(gateway.Secret) bool
	// MayPush is asked right before each push, which its error prevents; nil: none is prevented.
	MayPush func() error
	Timeout time.Duration // for each call over the network; zero means 60 s
	Log     *zap.Logger   // nil: none
}

// Auth names the files that hold what is needed to log in. Each file is read when it is used, so that it can be rotated.
type Auth struct {
	TokenFile      string // https: the token; it goes as the password of Username
	Username       string // https: "git" when empty; ssh: the user of the URL, or "git"
	PasswordFile   string // https: the password of Username
	SSHKeyFile     string // ssh: a private key without a passphrase; empty: the ssh agent
	KnownHostsFile string // ssh: the host keys to trust; empty: those of the user and the system
}

// TokenUser is the user name that GitHub takes tokens of Apps under
// (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation).
const TokenUser = "x-access-token"

const defaultTimeout = 60 * time.Second

// ready returns the config with its defaults, and the parsed address.
func (c Config) ready() (Config, address, error) {
	if c.URL == "" || c.Branch == "" || c.Dir == "" {
		return c, address{}, errors.New("open config repo: url, branch and mirror directory are all needed")
	}
	if c.Auth.TokenFile != "" && c.Auth.PasswordFile != "" {
		return c, address{}, errors.New("open config repo: tokenFile and passwordFile exclude each other")
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, address{}, err
	}
	c.Dir = dir
	at, err := parseAddress(c.URL)
	return c, at, err
}
