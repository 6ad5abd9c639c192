package settings

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// checker finds what is wrong with settings that could be read.
type checker struct {
	file   string
	root   *strictyaml.Node
	faults diag.List
}

// place returns where the value at keys stands, or else where the deepest map on the way to it does.
func (c *checker) place(keys ...string) diag.Pos {
	at := diag.Pos{File: c.file}
	if c.root != nil {
		at = c.root.Pos
	}
	for n := c.root; len(keys) > 0 && n != nil; keys = keys[1:] {
		i := slices.IndexFunc(n.Fields, func(f strictyaml.Field) bool { return f.Key == keys[0] })
		if i < 0 {
			break
		}
		at = n.Fields[i].Pos
		if n = n.Fields[i].Value; n.Kind == strictyaml.Scalar {
			at = n.Pos
		}
	}
	return at
}

func (c *checker) fault(code, hint, what string, keys ...string) {
	c.faults.Add(diag.Errorf(c.place(keys...), code, "%s", what).WithHint("%s", hint))
}

// missing reports a key that is needed. When something stands there, it could not be read, and was reported already.
func (c *checker) missing(hint string, keys ...string) {
	n := c.root
	for _, key := range keys {
		n = n.Get(key)
	}
	if n == nil || n.IsNull() {
		c.fault("missing-key", hint, quote(keys[len(keys)-1])+" is missing", keys...)
	}
}

func (c *checker) warn(code, hint, what string, keys ...string) {
	c.faults.Add(diag.Warningf(c.place(keys...), code, "%s", what).WithHint("%s", hint))
}

func quote(s string) string { return strconv.Quote(s) }

func (c *checker) settings(s Settings) {
	c.repository(s.Repository)
	c.allow("env", s.Allow.Env)
	c.allow("secrets", s.Allow.Secrets)
	c.probes(s.Allow.Probes)
	c.prometheus(s.Prometheus)
	c.listen(s.Listen, "listen")
	c.access(s)
	c.apiToken(s.API)
	levels := []string{"debug", "info", "warn", "error"}
	if !slices.Contains(levels, s.Log.Level) {
		hint := diag.DidYouMean(s.Log.Level, levels, "the levels are "+strings.Join(levels, ", "))
		c.fault("unknown-level", hint, "unknown log level "+quote(s.Log.Level), "log", "level")
	}
	c.format(s.Log.Format)
	c.traces(s.Traces.OTLP)
	if s.Secrets.Dir != "" {
		c.dir(s.Secrets.Dir, "secrets", "dir")
	}
	c.vault(s.Secrets.Vault)
	c.sops(s.SOPS)
	c.etcd(s)
	c.forge(s.Forge, s.PublicURL)
	c.notifications(s.Notifications)
	c.public(s.PublicURL)
	c.groups(s)
}

// public checks where people reach the daemon. The page links to itself from the top of its host.
func (c *checker) public(address string) {
	if address == "" {
		return
	}
	c.web(c.place("publicURL"), address)
	if u, err := url.Parse(address); err == nil && strings.Trim(u.Path, "/") != "" {
		c.fault("bad-url", "write https://HOST, and give Sluice a host name of its own", "the page can't stand below a path: it links to itself from the top of its host", "publicURL")
	}
}

func (c *checker) vault(v Vault) {
	at := func(key string) []string { return []string{"secrets", "vault", key} }
	if v == (Vault{}) {
		return
	}
	switch {
	case v.Address == "":
		c.missing("write address: https://HOST:8200", at("address")...)
	default:
		c.web(c.place(at("address")...), v.Address)
	}
	switch login := v.Kubernetes.Role != ""; {
	case v.TokenFile == "" && !login:
		c.missing("name the file that holds the token, or kubernetes: {role: NAME}", at("tokenFile")...)
	case v.TokenFile != "" && login:
		c.fault("exclusive-keys", "keep one of the two", `"tokenFile" and "kubernetes" exclude each other`, at("tokenFile")...)
	}
	c.key(v.TokenFile, at("tokenFile")...)
	c.exists(v.CAFile, at("caFile")...)
}

func (c *checker) sops(s SOPS) {
	c.key(s.AgeKeyFile, "sops", "ageKeyFile")
	if s.Command == "" {
		return
	}
	if _, err := exec.LookPath(s.Command); err != nil {
		c.fault("missing-file", "install it, or write its whole path", err.Error(), "sops", "command")
	}
}

func (c *checker) allow(list string, globs []string) {
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil {
			c.fault("bad-glob", "use *, ? and [a-z]", quote(glob)+" is not a glob", "allow", list)
		}
	}
}

// listen checks an address to listen on; an empty one is fine.
func (c *checker) listen(address string, keys ...string) {
	if address == "" {
		return
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		c.fault("bad-address", "write HOST:PORT, as 127.0.0.1:8080", quote(address)+" is not an address to listen on", keys...)
	}
}

// web checks the address of an API. It never repeats a text that could hold a password.
func (c *checker) web(at diag.Pos, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		c.faults.Add(diag.Errorf(at, "bad-url", "not the address of an API").WithHint("write http://HOST:PORT or https://HOST:PORT"))
	case u.User != nil:
		c.faults.Add(diag.Errorf(at, "plain-secret", "an address must not hold a user or a password").WithHint("remove them"))
	case u.RawQuery != "" || u.Fragment != "":
		c.faults.Add(diag.Errorf(at, "bad-url", "an address must not hold a query").WithHint("remove what follows ? or #"))
	}
}

// key checks a file that holds a secret.
func (c *checker) key(name string, keys ...string) {
	if info := c.exists(name, keys...); info != nil && info.Mode().Perm()&0o004 != 0 {
		c.warn("readable-key", "chmod o-r "+name, "everyone on this machine can read "+quote(name), keys...)
	}
}

// exists checks that a file is there; an empty name is fine. Nil when there is none.
func (c *checker) exists(name string, keys ...string) os.FileInfo {
	if name == "" {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		c.fault("missing-file", "", err.Error(), keys...)
		return nil
	}
	if info.IsDir() {
		c.fault("missing-file", "name a file in it", quote(name)+" is a directory", keys...)
		return nil
	}
	return info
}

func (c *checker) dir(name string, keys ...string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		c.fault("missing-file", "", err.Error(), keys...)
	case !info.IsDir():
		c.fault("missing-file", "name the directory that holds it", quote(name)+" is not a directory", keys...)
	}
}
