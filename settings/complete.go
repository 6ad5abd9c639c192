package settings

import (
	"cmp"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// complete fills in the defaults and makes paths absolute, from dir.
func (s *Settings) complete(dir string) {
	s.Journal.Path = from(dir, cmp.Or(s.Journal.Path, "/var/lib/sluice/journal.db"))
	s.Listen = cmp.Or(s.Listen, "127.0.0.1:8080")
	s.Drift.Interval = cmp.Or(s.Drift.Interval, 3*time.Minute)
	s.Log.Level = cmp.Or(s.Log.Level, "info")
	s.Secrets.Dir = from(dir, s.Secrets.Dir)
	s.API.TokenFile = from(dir, s.API.TokenFile)
	s.Access.complete(dir)
	s.TLS.CertFile, s.TLS.KeyFile = from(dir, s.TLS.CertFile), from(dir, s.TLS.KeyFile)
	for _, file := range []*string{&s.Secrets.Vault.TokenFile, &s.Secrets.Vault.CAFile, &s.Secrets.Vault.Kubernetes.JWTFile,
		&s.Prometheus.TokenFile, &s.Prometheus.CAFile} {
		*file = from(dir, *file)
	}
	s.SOPS.AgeKeyFile = from(dir, s.SOPS.AgeKeyFile)
	if strings.ContainsRune(s.SOPS.Command, filepath.Separator) {
		s.SOPS.Command = from(dir, s.SOPS.Command)
	}
	s.Journal.Etcd.complete(dir)
	s.Traces.OTLP.complete(dir)
	s.Forge.complete(s.Repository.URL, dir)
	for name, n := range s.Notifications {
		n.URLFile, n.SecretFile = from(dir, n.URLFile), from(dir, n.SecretFile)
		s.Notifications[name] = n
	}
	s.Repository.complete(dir, filepath.Dir(s.Journal.Path))
	for name, group := range s.GatewayGroups {
		group.complete(name, dir)
		s.GatewayGroups[name] = group
	}
}

func (r *Repository) complete(dir, journal string) {
	if isPath(r.URL) {
		r.URL = from(dir, r.URL)
	}
	r.Branch = cmp.Or(r.Branch, "main")
	r.Root = cmp.Or(r.Root, ".")
	r.Poll = cmp.Or(r.Poll, 30*time.Second)
	r.Timeout = cmp.Or(r.Timeout, time.Minute)
	r.Mirror = from(dir, cmp.Or(r.Mirror, filepath.Join(journal, "mirror.git")))
	r.Verify.Keyring = from(dir, r.Verify.Keyring)
	for _, file := range []*string{&r.Auth.TokenFile, &r.Auth.PasswordFile, &r.Auth.SSHKeyFile, &r.Auth.KnownHostsFile, &r.Auth.GitHubApp.KeyFile} {
		*file = from(dir, *file)
	}
}

func (g *GatewayGroup) complete(name, dir string) {
	g.Type = cmp.Or(g.Type, APISIX)
	g.Parallel = cmp.Or(g.Parallel, 16)
	g.Timeout = cmp.Or(g.Timeout, 30*time.Second)
	if g.Type == API7 {
		g.Settle = cmp.Or(g.Settle, 3*time.Second) // its instances can't be asked, and take longer
	}
	g.Settle = cmp.Or(g.Settle, time.Second)
	switch g.Type {
	case Standalone:
		g.Spacing = cmp.Or(g.Spacing, 2*time.Second)
		g.DocumentLimit = cmp.Or(g.DocumentLimit, 10<<20)
	case API7:
		g.GatewayGroup = cmp.Or(g.GatewayGroup, name)
	}
	for _, file := range []*string{&g.AdminKeyFile, &g.StateFile, &g.TLS.CAFile, &g.TLS.CertFile, &g.TLS.KeyFile} {
		*file = from(dir, *file)
	}
}

// from makes path absolute, from dir; an empty path stays empty.
func from(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

var scpAddress = regexp.MustCompile(`^[^/]+:`)

// isPath reports whether a repository is named by a path: no scheme, and no host before a colon.
func isPath(url string) bool {
	return url != "" && !strings.Contains(url, "://") && !scpAddress.MatchString(url)
}
