package settings

import (
	"net/url"
	"path/filepath"
	"strings"
)

func (c *checker) repository(r Repository) {
	c.repositoryURL(r.URL)
	if !filepath.IsLocal(r.Root) {
		c.fault("bad-path", "write a path inside the repository, as config",
			quote(r.Root)+" leads out of the repository", "repository", "root")
	}
	if r.Verify.Keyring != "" {
		c.dir(r.Verify.Keyring, "repository", "verify", "keyring")
	}
	auth := func(key string) []string { return []string{"repository", "auth", key} }
	c.key(r.Auth.TokenFile, auth("tokenFile")...)
	c.key(r.Auth.PasswordFile, auth("passwordFile")...)
	c.key(r.Auth.SSHKeyFile, auth("sshKeyFile")...)
	c.exists(r.Auth.KnownHostsFile, auth("knownHostsFile")...)
	if r.Auth.TokenFile != "" && r.Auth.PasswordFile != "" {
		c.fault("exclusive-keys", "keep one of the two", `"tokenFile" and "passwordFile" exclude each other`, auth("passwordFile")...)
	}
	if r.Auth.GitHubApp != (App{}) {
		c.repositoryApp(r, auth)
	}
}

func (c *checker) repositoryURL(text string) {
	if text == "" {
		c.missing("name the config repo: url: https://…", "repository", "url")
		return
	}
	if isPath(text) {
		return
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		if _, set := u.User.Password(); set {
			c.fault("plain-secret", "use auth.username and auth.passwordFile; then change the password, it was readable here",
				"a repository's address must not hold a password", "repository", "url")
		}
	}
}

func (c *checker) repositoryApp(r Repository, auth func(string) []string) {
	app := auth("githubApp")
	address, _ := r.Hosted()
	switch {
	case r.Auth.TokenFile != "" || r.Auth.PasswordFile != "":
		c.fault("exclusive-keys", "keep one of the two", `"githubApp" excludes "tokenFile" and "passwordFile"`, app...)
	case r.Auth.GitHubApp.ID == "" || r.Auth.GitHubApp.KeyFile == "":
		c.missing("write githubApp: {id: ID, keyFile: FILE}", append(app, "keyFile")...)
	case !strings.HasPrefix(r.URL, "http") || address == "":
		c.fault("wrong-type-key", "write repository.url as https://HOST/OWNER/NAME.git, or use sshKeyFile", `"githubApp" belongs to a repository at https`, app...)
	}
	c.key(r.Auth.GitHubApp.KeyFile, append(app, "keyFile")...)
}
