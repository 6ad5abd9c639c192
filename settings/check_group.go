package settings

import (
	"cmp"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

var groupName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (c *checker) groups(s Settings) {
	if len(s.GatewayGroups) == 0 {
		c.missing("name at least one gateway group", "gatewayGroups")
	}
	first := map[string]string{} // address → the group that has it
	for _, name := range s.names() {
		group := s.GatewayGroups[name]
		c.group(name, group)
		c.own(first, name, group.AdminURL)
	}
}

// own checks that no two groups share an Admin API: each would remove what the other has put there.
func (c *checker) own(first map[string]string, name, address string) {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return
	}
	same := sameAPI(u)
	other, taken := first[same]
	if !taken {
		first[same] = name
		return
	}
	c.faults.Add(diag.Errorf(c.place("gatewayGroups", name, "adminURL"), "shared-gateway",
		"gateway groups %q and %q have the same adminURL", other, name).
		WithHint("each group needs its own Admin API: they would remove each other's resources").
		WithAlso(c.place("gatewayGroups", other, "adminURL"), "first set at"))
}

// sameAPI writes every address of one Admin API in one way, with the port and the path that are meant when none is written.
func sameAPI(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[scheme])
	path := cmp.Or(strings.TrimRight(u.Path, "/"), "/apisix/admin")
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port + path
}

func (c *checker) group(name string, g GatewayGroup) {
	at := func(keys ...string) []string { return append([]string{"gatewayGroups", name}, keys...) }
	if !groupName.MatchString(name) {
		c.fault("bad-name", "use letters, digits, dots, _ and -", quote(name)+" is not a name for a gateway group", at()...)
	}
	if g.Environment == "" {
		c.missing("name the only environment that may use the group", at("environment")...)
	}
	switch g.Type {
	case APISIX:
		c.apisix(g, at)
	case Embedded:
		c.embedded(g, at)
	case "api7", "apisix-standalone":
		c.fault("not-supported", "the types are apisix, embedded",
			"gateway type "+quote(g.Type)+" is not supported by this version", at("type")...)
	default:
		hint := diag.DidYouMean(g.Type, []string{APISIX, Embedded}, "the types are apisix, embedded")
		c.fault("unknown-type", hint, "unknown gateway type "+quote(g.Type), at("type")...)
	}
	c.number(g.Parallel, at("parallel")...)
	c.number(g.Workers, at("workers")...)
	c.adminKey(g, at)
	c.instances(g.Instances)
}

func (c *checker) adminKey(g GatewayGroup, at func(...string) []string) {
	c.key(g.AdminKeyFile, at("adminKeyFile")...)
	if _, set := os.LookupEnv(g.AdminKeyEnv); g.AdminKeyEnv != "" && !set {
		c.fault("missing-variable", "set it where the daemon runs, or use adminKeyFile",
			"environment variable "+quote(g.AdminKeyEnv)+" is not set", at("adminKeyEnv")...)
	}
	if g.AdminKeyFile != "" && g.AdminKeyEnv != "" {
		c.fault("exclusive-keys", "keep one of the two", `"adminKeyFile" and "adminKeyEnv" exclude each other`, at("adminKeyEnv")...)
	}
}

func (c *checker) number(n int, keys ...string) {
	if n < 0 {
		c.fault("bad-number", "write a number from 1", strconv.Itoa(n)+" is too small", keys...)
	}
}

func (c *checker) apisix(g GatewayGroup, at func(...string) []string) {
	if g.AdminURL == "" {
		c.missing("write adminURL: https://HOST:9180", at("adminURL")...)
	} else {
		c.web(c.place(at("adminURL")...), g.AdminURL)
	}
	if g.AdminKeyFile == "" && g.AdminKeyEnv == "" {
		c.missing("name the file that holds the admin key, or the variable: adminKeyEnv", at("adminKeyFile")...)
	}
	c.foreign(at, Embedded, "listen", "stateFile", "version", "workers")
	c.tls(g.TLS, at)
}

func (c *checker) tls(t TLS, at func(...string) []string) {
	c.exists(t.CAFile, at("tls", "caFile")...)
	c.exists(t.CertFile, at("tls", "certFile")...)
	c.key(t.KeyFile, at("tls", "keyFile")...)
	if (t.CertFile == "") != (t.KeyFile == "") {
		c.fault("missing-key", "set both or neither", `"certFile" and "keyFile" belong together`, at("tls")...)
	}
	if t.InsecureSkipVerify {
		c.warn("insecure", "use caFile", "anyone can pose as this gateway and take the admin key", at("tls", "insecureSkipVerify")...)
	}
}

func (c *checker) embedded(g GatewayGroup, at func(...string) []string) {
	c.foreign(at, APISIX, "adminURL", "tls", "instances")
	c.listen(g.Listen.Admin, at("listen", "admin")...)
	c.listen(g.Listen.Proxy, at("listen", "proxy")...)
	c.listen(g.Listen.TLS, at("listen", "tls")...)
	c.listen(g.Listen.Control, at("listen", "control")...)
}

// foreign refuses keys that belong to another type: they would have no effect.
func (c *checker) foreign(at func(...string) []string, owner string, keys ...string) {
	group := c.root
	for _, key := range at() {
		group = group.Get(key) // safe on nil
	}
	for _, key := range keys {
		if group.Get(key) != nil {
			c.faults.Add(diag.Errorf(c.place(at(key)...), "wrong-type-key", "%q belongs to type %s", key, owner).
				WithHint("remove it, or set type: %s", owner))
		}
	}
}

func (c *checker) instances(instances []Instance) {
	for _, instance := range instances {
		for _, address := range []string{instance.StatusURL, instance.ControlURL} {
			if address != "" {
				c.web(instance.Pos, address)
			}
		}
		if instance.StatusURL == "" && instance.ControlURL == "" {
			c.faults.Add(diag.Errorf(instance.Pos, "missing-key", "an instance without an address").
				WithHint("set statusURL, controlURL or both"))
		}
	}
}
