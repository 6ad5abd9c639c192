package settings

import (
	"cmp"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

var groupName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

const nameHint = "use letters, digits, dots, _ and -, beginning with a letter or digit"

func (c *checker) groups(s Settings) {
	if len(s.GatewayGroups) == 0 {
		c.missing("name at least one gateway group", "gatewayGroups")
	}
	first := map[string]string{} // address → the group that has it
	for _, name := range s.names() {
		group := s.GatewayGroups[name]
		c.group(name, group)
		c.own(first, name, group)
	}
}

// own checks that no two groups share an Admin API: each would remove what the other has put there. Groups of API7 share one and
// differ by the gateway group that they stand for.
func (c *checker) own(first map[string]string, name string, group GatewayGroup) {
	addresses := map[string][]string{group.AdminURL: {"gatewayGroups", name, "adminURL"}}
	for _, instance := range group.Instances {
		addresses[instance.AdminURL] = []string{"gatewayGroups", name, "instances"}
	}
	for address, at := range addresses {
		u, err := url.Parse(address)
		if address == "" || err != nil {
			continue
		}
		same := sameAPI(u)
		if group.Type == API7 {
			same += " " + group.GatewayGroup
		}
		other, taken := first[same]
		if !taken {
			first[same] = name
			continue
		}
		c.faults.Add(diag.Errorf(c.place(at...), "shared-gateway", "gateway groups %q and %q have the same adminURL", other, name).
			WithHint("each group needs its own Admin API: they would remove each other's resources").
			WithAlso(c.place("gatewayGroups", other, "adminURL"), "first set at"))
	}
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
		c.fault("bad-name", nameHint, quote(name)+" is not a name for a gateway group", at()...)
	}
	if g.Environment == "" {
		c.missing("name the only environment that may use the group", at("environment")...)
	} else if !groupName.MatchString(g.Environment) {
		c.fault("bad-name", nameHint, quote(g.Environment)+" is not a name for an environment", at("environment")...)
	}
	c.number(g.Parallel, at("parallel")...)
	c.number(g.Workers, at("workers")...)
	c.number(g.DocumentLimit, at("documentLimit")...)
	c.adminKey(g, at)
	if !slices.Contains(types(), g.Type) {
		hint := diag.DidYouMean(g.Type, types(), "the types are "+strings.Join(types(), ", "))
		c.fault("unknown-type", hint, "unknown gateway type "+quote(g.Type), at("type")...)
		return
	}
	c.foreign(g.Type, at)
	c.ofType(g, at)
	c.instances(g)
}

func types() []string { return []string{APISIX, Standalone, API7, Embedded} }

// ofType checks what a type needs.
func (c *checker) ofType(g GatewayGroup, at func(...string) []string) {
	switch g.Type {
	case APISIX, API7:
		c.remote(g, at)
		c.adminURL(g, at)
		c.sentinel(g, at)
	case Standalone:
		c.remote(g, at)
		if len(g.Instances) == 0 {
			c.missing("write instances: [{adminURL: http://HOST:9180}], one for each instance", at("instances")...)
		}
	case Embedded:
		c.embedded(g, at)
	}
}

// remote checks how to log in to a gateway that runs elsewhere.
func (c *checker) remote(g GatewayGroup, at func(...string) []string) {
	if g.AdminKeyFile == "" && g.AdminKeyEnv == "" {
		c.missing("name the file that holds the admin key, or the variable: adminKeyEnv", at("adminKeyFile")...)
	}
	c.tls(g.TLS, at)
}

func (c *checker) adminURL(g GatewayGroup, at func(...string) []string) {
	if g.AdminURL == "" {
		c.missing("write adminURL: https://HOST:"+map[string]string{APISIX: "9180", API7: "7443"}[g.Type], at("adminURL")...)
	} else {
		c.web(c.place(at("adminURL")...), g.AdminURL)
	}
}

// sentinel checks that the route can be asked for.
func (c *checker) sentinel(g GatewayGroup, at func(...string) []string) {
	if g.Sentinel == (Sentinel{}) {
		return
	}
	if !strings.HasPrefix(g.Sentinel.Path, "/") || len(g.Sentinel.Path) < 2 {
		c.fault("bad-path", "write path: /sluice-sentinel", "the sentinel needs a path of its own", at("sentinel")...)
	}
	for _, instance := range g.Instances {
		if instance.ProxyURL == "" {
			c.faults.Add(diag.Errorf(instance.Pos, "missing-key", "an instance without a proxyURL can't be asked for the sentinel").
				WithHint("set proxyURL: http://HOST:9080 for each instance, or remove sentinel"))
		}
	}
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
	c.listen(g.Listen.Admin, at("listen", "admin")...)
	c.listen(g.Listen.Proxy, at("listen", "proxy")...)
	c.listen(g.Listen.TLS, at("listen", "tls")...)
	c.listen(g.Listen.Control, at("listen", "control")...)
}

// owners says which types a key belongs to; those that are not listed belong to all.
func owners() map[string][]string {
	return map[string][]string{
		"adminURL": {APISIX, API7}, "tls": {APISIX, Standalone, API7}, "instances": {APISIX, Standalone, API7}, "sentinel": {APISIX},
		"spacing": {Standalone}, "documentLimit": {Standalone}, "gatewayGroup": {API7}, "publish": {API7},
		"listen": {Embedded}, "stateFile": {Embedded}, "version": {Embedded}, "workers": {Embedded},
	}
}

// foreign refuses keys that belong to another type: they would have no effect.
func (c *checker) foreign(kind string, at func(...string) []string) {
	group := c.root
	for _, key := range at() {
		group = group.Get(key) // safe on nil
	}
	for _, key := range slices.Sorted(maps.Keys(owners())) {
		if owners := owners()[key]; group.Get(key) != nil && !slices.Contains(owners, kind) {
			c.faults.Add(diag.Errorf(c.place(at(key)...), "wrong-type-key", "%q belongs to type %s", key, strings.Join(owners, " and ")).
				WithHint("remove it, or set type: %s", owners[0]))
		}
	}
}

func (c *checker) instances(g GatewayGroup) {
	for _, instance := range g.Instances {
		for _, address := range []string{instance.AdminURL, instance.StatusURL, instance.ControlURL, instance.ProxyURL} {
			if address != "" {
				c.web(instance.Pos, address)
			}
		}
		if instance.Workers < 0 {
			c.faults.Add(diag.Errorf(instance.Pos, "bad-number", "%d is too small", instance.Workers).WithHint("write a number from 1"))
		}
		switch {
		case g.Type == Standalone && instance.AdminURL == "":
			c.faults.Add(diag.Errorf(instance.Pos, "missing-key", "an instance without an adminURL").
				WithHint("in standalone mode each instance has its own Admin API: set adminURL: http://HOST:9180"))
		case g.Type == APISIX && instance.AdminURL != "":
			c.faults.Add(diag.Errorf(instance.Pos, "wrong-type-key", `"adminURL" of an instance belongs to type %s`, Standalone).
				WithHint("remove it, or set type: %s", Standalone))
		case g.Type == API7 && (instance.StatusURL == "" || instance != Instance{Pos: instance.Pos, StatusURL: instance.StatusURL}):
			c.faults.Add(diag.Errorf(instance.Pos, "wrong-type-key", "an instance of type %s has a statusURL and nothing else", API7).
				WithHint("write {statusURL: http://HOST:7085}: Sluice asks it for its health, and the control plane for the rest"))
		case g.Type == APISIX && instance.StatusURL == "" && instance.ControlURL == "" && instance.ProxyURL == "":
			c.faults.Add(diag.Errorf(instance.Pos, "missing-key", "an instance without an address").
				WithHint("set statusURL, controlURL or both"))
		}
	}
}
