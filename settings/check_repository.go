package settings

import (
	"net/url"
	"path/filepath"
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
