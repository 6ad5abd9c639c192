package settings

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
)

// Forge says where the config repo is hosted, for commit statuses and webhooks. The zero value speaks to none.
type Forge struct {
	Type              string `yaml:"type"`              // one of forge.Types; the forge is used when it is set
	URL               string `yaml:"url"`               // of the forge itself; the host of repository.url when it is not set
	Repository        string `yaml:"repository"`        // owner/name there; the path of repository.url when it is not set
	Username          string `yaml:"username"`          // Bitbucket with an app password; a token logs in alone elsewhere
	TokenFile         string `yaml:"tokenFile"`         // excludes App
	App               App    `yaml:"app"`               // GitHub only: log in as a GitHub App
	WebhookSecretFile string `yaml:"webhookSecretFile"` // webhooks are taken at /webhooks/TYPE when it is set
	Deployments       bool   `yaml:"deployments"`       // GitHub and GitLab: show which commit runs in which environment
}

// App is a GitHub App.
type App struct {
	ID      string `yaml:"id"`      // client id or app id
	KeyFile string `yaml:"keyFile"` // its private key in PEM
}

// Token reads the token anew at each call, so that it can be exchanged. An empty one is an error.
func (f Forge) Token() (gateway.Secret, error) { return secretIn(f.TokenFile, "the forge's token") }

// Key reads the private key of the GitHub App anew at each call. An empty one is an error.
func (a App) Key() (gateway.Secret, error) { return secretIn(a.KeyFile, "the key of the GitHub App") }

// WebhookSecret reads the secret that webhooks are signed with anew at each call. An empty one is an error.
func (f Forge) WebhookSecret() (gateway.Secret, error) {
	return secretIn(f.WebhookSecretFile, "the webhook's secret")
}

// secretIn reads a secret of one line. An empty one is an error.
func secretIn(file, what string) (gateway.Secret, error) {
	text, err := readSecret(file)
	if err != nil {
		return gateway.Secret{}, fmt.Errorf("read %s: %w", what, err)
	}
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, fmt.Errorf("read %s: %s is empty", what, file)
	}
	return gateway.NewSecret("", text), nil
}

var scpRepository = regexp.MustCompile(`^(?:[^@/]+@)?([^:/]+):(.+)$`)

// complete takes from the repository's address what the forge's part does not say.
func (f *Forge) complete(repository, dir string) {
	if f.Type == "" {
		return
	}
	for _, file := range []*string{&f.TokenFile, &f.App.KeyFile, &f.WebhookSecretFile} {
		*file = from(dir, *file)
	}
	host, at := hosted(repository)
	f.URL = cmp.Or(f.URL, host)
	if f.Type == forge.BitbucketServer {
		at = strings.TrimPrefix(at, "scm/")
	}
	f.Repository = cmp.Or(f.Repository, at)
}

// hosted returns the address of the host of a repository, and the repository's path there; empty ones where it is on no host.
func hosted(repository string) (address, at string) {
	host, scheme := "", "https"
	if m := scpRepository.FindStringSubmatch(repository); m != nil && !strings.Contains(repository, "://") {
		host, at = m[1], m[2]
	} else if u, err := url.Parse(repository); err == nil && u.Host != "" {
		host, at = u.Hostname(), u.Path
		if u.Scheme == "http" || u.Scheme == "https" {
			scheme, host = u.Scheme, u.Host
		}
	}
	if host == "" {
		return "", ""
	}
	return scheme + "://" + host, strings.TrimSuffix(strings.Trim(at, "/"), ".git")
}

// Hosted returns the address of the host of the repository, as https://github.com, and the repository's path there, as owner/name; empty
// ones where it is a path on this machine.
func (r Repository) Hosted() (address, name string) { return hosted(r.URL) }

func (c *checker) forge(f Forge, public string) {
	at := func(keys ...string) []string { return slices.Concat([]string{"forge"}, keys) }
	if f == (Forge{}) {
		return
	}
	if !slices.Contains(forge.Types(), f.Type) {
		hint := diag.DidYouMean(f.Type, forge.Types(), "the types are "+strings.Join(forge.Types(), ", "))
		c.fault("unknown-type", hint, "unknown type of forge "+quote(f.Type), at("type")...)
		return
	}
	if f.URL == "" {
		c.missing("write url: https://HOST", at("url")...)
	} else {
		c.web(c.place(at("url")...), f.URL)
	}
	if owner, name := path.Split(f.Repository); owner == "" || name == "" {
		c.missing("write repository: OWNER/NAME", at("repository")...)
	}
	if strings.HasPrefix(f.Type, forge.Bitbucket) && public == "" {
		c.missing("write publicURL: https://HOST: Bitbucket takes no status without an address", "publicURL")
	}
	c.forgeLogin(f, at)
	if f.Deployments && f.Type != forge.GitHub && f.Type != forge.GitLab {
		c.fault("wrong-type-key", "leave it out: there is no place for them", `"deployments" belongs to the types github and gitlab`, at("deployments")...)
	}
	c.key(f.WebhookSecretFile, at("webhookSecretFile")...)
}

func (c *checker) forgeLogin(f Forge, at func(...string) []string) {
	isApp := f.App != App{}
	switch {
	case isApp && f.Type != forge.GitHub:
		c.fault("wrong-type-key", "use tokenFile", `"app" belongs to type github`, at("app")...)
	case isApp && f.TokenFile != "":
		c.fault("exclusive-keys", "keep one of the two", `"tokenFile" and "app" exclude each other`, at("tokenFile")...)
	case isApp && (f.App.ID == "" || f.App.KeyFile == ""):
		c.missing("write app: {id: ID, keyFile: FILE}", at("app", "keyFile")...)
	case !isApp && f.TokenFile == "":
		c.missing("name the file that holds a token with the right to write commit statuses", at("tokenFile")...)
	}
	c.key(f.TokenFile, at("tokenFile")...)
	c.key(f.App.KeyFile, at("app", "keyFile")...)
}
