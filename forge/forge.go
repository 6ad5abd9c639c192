package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// The types of forges.
const (
	GitHub          = "github"
	GitLab          = "gitlab"
	Gitea           = "gitea" // and Forgejo
	Bitbucket       = "bitbucket"
	BitbucketServer = "bitbucket-server" // Data Center
)

// Types lists the types of forges.
func Types() []string { return []string{GitHub, GitLab, Gitea, Bitbucket, BitbucketServer} }

// Config says which forge, which repository there, and who we are.
type Config struct {
	Type       string
	URL        string // of the forge itself, as https://git.acme.com; empty: the public one of its type, where there is one
	Repository string // owner/name as the forge spells it; GitLab: the whole path; Data Center: PROJECT/name
	Branch     string // the branch that is followed
	// Login returns what to log in with. It is asked before each request, so that a token can be rotated.
	Login func(ctx context.Context) (Login, error)
	// Refused is told of a login that the forge has answered with 401, and reports whether Login may give another one: then the request is sent
	// once more. Nil: it may not.
	Refused func(Login) bool
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// Login is who we are.
type Login struct {
	User  string // Bitbucket with an app password, and Data Center with basic authentication; empty otherwise
	Token gateway.Secret
}

// Status is what a commit shows, under a context of its own.
type Status struct {
	Context string // "sluice/prod"
	State   record.StatusState
	Text    string // one line; cut to what the forge takes
	URL     string // where the text leads to; http or https
}

// Statuses posts commit statuses. Every type of forge does.
type Statuses interface {
	// SetStatus shows s on the commit with this whole hash. Errors are of type *Error.
	SetStatus(ctx context.Context, commit string, s Status) error
}

// public are the addresses of forges that are the same for everybody.
var public = map[string]string{GitHub: "https://github.com", GitLab: "https://gitlab.com", Bitbucket: "https://bitbucket.org"}

// New returns the forge that c names. It speaks to nobody yet.
func New(c Config) (Forge, error) {
	address := c.URL
	if address == "" {
		address = public[c.Type]
	}
	base, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("address of the %s forge: not http(s)://HOST", c.Type)
	}
	if strings.Count(c.Repository, "/") == 0 {
		return nil, fmt.Errorf("repository %q of the forge: write owner/name", c.Repository)
	}
	wire := newClient(c, base)
	switch c.Type {
	case GitHub:
		return &gitHub{wire.at(gitHubAPI(base)), c.Repository}, nil
	case GitLab:
		return &gitLab{wire.at(base.JoinPath("api/v4")), c.Repository, c.Branch}, nil
	case Gitea:
		return &gitea{wire.at(base.JoinPath("api/v1")), c.Repository}, nil
	case Bitbucket:
		return &bitbucket{client: wire.at(bitbucketAPI(base)), repository: c.Repository}, nil
	case BitbucketServer:
		return newDataCenter(wire.at(base.JoinPath("rest/api/latest")), c.Repository), nil
	}
	return nil, fmt.Errorf("unknown type of forge %q: it is one of %s", c.Type, strings.Join(Types(), ", "))
}
