package openapi

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// Params says how routes tell paths with parameters apart.
type Params string

// The ways of Params. The zero value is ParamsVars.
const (
	ParamsVars   Params = "vars"   // a prefix, and a condition on the whole path; any router understands it
	ParamsPrefix Params = "prefix" // the prefix alone: what lies below it is taken, too
	ParamsColon  Params = "colon"  // :name, for gateways whose router is radixtree_uri_with_parameter
)

// Options say what a layer is made for.
type Options struct {
	Service  string   // its name: 1 to 40 letters, digits, dots, underscores and hyphens
	Hosts    []string // that the service answers for; all when empty. They may hold references
	Upstream string   // HOST:PORT, http://HOST:PORT or https://HOST:PORT; empty for the servers of the document. It may be a reference
	Params   Params
}

var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// Check returns an error when the options can't be meant.
func (o Options) Check() error {
	if !serviceName.MatchString(o.Service) {
		return fmt.Errorf("%q can't be the name of a service: use at most 40 letters, digits, dots, underscores and hyphens", o.Service)
	}
	if !slices.Contains([]Params{"", ParamsVars, ParamsPrefix, ParamsColon}, o.Params) {
		return fmt.Errorf("no way %q to write parameters; there are vars, prefix and colon", string(o.Params))
	}
	if _, address := o.upstream(); address != "" && !strings.Contains(address, "${") {
		host, port, err := net.SplitHostPort(address)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || n == 0 {
			return fmt.Errorf("%q is no upstream: write HOST:PORT", o.Upstream)
		}
	}
	return nil
}

// upstream cuts the scheme off.
func (o Options) upstream() (scheme, address string) {
	if scheme, address, ok := strings.Cut(o.Upstream, "://"); ok && (scheme == "http" || scheme == "https") {
		return scheme, address
	}
	return "http", o.Upstream
}

// Import makes a layer of a document that Read found good, with options that Check found good. With a fault of severity Error the
// layer must not be used.
func Import(doc Document, o Options) (Layer, diag.List) {
	l := Layer{service: o.Service, title: strings.TrimSpace(doc.Title + " " + doc.Version)}
	var faults diag.List
	if len(doc.Operations) == 0 {
		faults.Add(diag.Errorf(doc.pos, "openapi-unreadable", "the document has no operations").
			WithHint("name one that has some; those with x-sluice-skip do not count"))
		return l, faults
	}
	faults.Add(l.addUpstream(doc, o)...)
	l.addService(doc, o)
	faults.Add(l.addRoutes(doc, o)...)
	return l, faults
}

// addUpstream takes the servers for the upstream, unless another one is named.
func (l *Layer) addUpstream(doc Document, o Options) diag.List {
	if scheme, address := o.upstream(); address != "" {
		l.setNodes(scheme, raw(address))
		return nil
	}
	good, faults := doc.usable()
	if len(good) == 0 || good[0].host == "" {
		l.setNodes("http", l.variable(camel(o.Service)+"Backend"))
		return faults
	}
	if i := slices.IndexFunc(good, func(s server) bool { return slices.Contains(o.Hosts, s.host) }); i >= 0 {
		faults.Add(diag.Warningf(good[i].pos, "openapi-server", "the server is the gateway itself: requests would come back to it for ever").
			WithHint("set the variable that stands in its place, or name the upstream with --upstream"))
		l.setNodes("http", l.variable(camel(o.Service)+"Backend"))
		return faults
	}
	var nodes []raw
	for _, s := range good {
		nodes = append(nodes, raw(strings.ReplaceAll(s.address(), "${", "$${")))
	}
	l.setNodes(good[0].scheme, nodes...)
	// A server is known by its name, which the host that the client asked for need not be.
	l.upstream["pass_host"] = "node"
	return faults
}

func (l *Layer) setNodes(scheme string, addresses ...raw) {
	nodes := map[string]any{}
	for _, address := range addresses {
		nodes[string(address)] = int64(1)
	}
	l.upstream = map[string]any{"nodes": nodes}
	if scheme != "http" {
		l.upstream["scheme"] = scheme
	}
}

func (l *Layer) addService(doc Document, o Options) {
	l.body = map[string]any{"upstream_id": o.Service}
	if doc.Title != "" {
		l.body["desc"] = cut(doc.Title, longestDesc)
	}
	if len(o.Hosts) > 0 {
		var hosts []any
		for _, host := range slices.Compact(slices.Sorted(slices.Values(o.Hosts))) {
			hosts = append(hosts, raw(host))
		}
		l.body["hosts"] = hosts
	}
	if plugins := withoutNulls(doc.plugins); len(plugins) > 0 {
		l.body["plugins"] = plugins
	}
}

func withoutNulls(plugins map[string]any) map[string]any {
	kept := maps.Clone(plugins)
	maps.DeleteFunc(kept, func(_ string, body any) bool { return body == nil })
	return kept
}
