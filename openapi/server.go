package openapi

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// server is one of the servers that a document names.
type server struct {
	pos      diag.Pos
	scheme   string // http or https; "" for a server without a host
	host     string // "" for a server that is named by a path alone
	port     string
	basePath string           // without a slash at its end
	fault    *diag.Diagnostic // why it can't be used
}

// address returns host and port, as upstreams name their nodes.
func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

func servers(list *strictyaml.Node) []server {
	if list == nil {
		return nil
	}
	var all []server
	for _, item := range list.Items {
		written := item.Get("url")
		if written == nil {
			all = append(all, unusable(item.Pos, "it has no url"))
			continue
		}
		all = append(all, readServer(written, item.Get("variables")))
	}
	return all
}

func unusable(pos diag.Pos, why string) server {
	fault := diag.Warningf(pos, "openapi-server", "the server is left out: %s", why).WithHint("correct it, or name the upstream with --upstream")
	return server{pos: pos, fault: &fault}
}

func readServer(written, variables *strictyaml.Node) server {
	plain, unknown := filledIn(text(written), variables)
	if unknown != "" {
		return unusable(written.Pos, "its variable "+unknown+" has no default")
	}
	at, err := url.Parse(plain)
	if err != nil || at.User != nil {
		return unusable(written.Pos, "its url can't be read")
	}
	s := server{pos: written.Pos, scheme: strings.ToLower(at.Scheme), host: at.Hostname(), port: at.Port(), basePath: strings.TrimRight(at.Path, "/")}
	ports := map[string]string{"http": "80", "https": "443"}
	if s.host != "" && s.scheme == "" {
		s.scheme = "https" // as in //api.example.com
	}
	switch {
	case s.scheme != "" && ports[s.scheme] == "":
		return unusable(written.Pos, "its scheme is neither http nor https")
	case s.scheme != "" && s.host == "":
		return unusable(written.Pos, "its url names no host")
	case s.basePath != "" && !strings.HasPrefix(s.basePath, "/"), strings.Contains(s.basePath, "*"):
		return unusable(written.Pos, "its path can't stand before others")
	}
	if s.port == "" {
		s.port = ports[s.scheme]
	}
	return s
}

var inBraces = regexp.MustCompile(`\{[^{}]*\}`)

// filledIn puts the defaults of variables into an address. Unknown is a variable that has none.
func filledIn(address string, variables *strictyaml.Node) (plain, unknown string) {
	plain = inBraces.ReplaceAllStringFunc(address, func(braced string) string {
		value := variables.Get(strings.Trim(braced, "{}")).Get("default")
		if value == nil {
			unknown = braced
		}
		return text(value)
	})
	return plain, unknown
}

// usable returns the servers that can stand together in one upstream: those like the first. The faults tell which are left out.
func (d Document) usable() ([]server, diag.List) {
	var good []server
	var faults diag.List
	for _, s := range d.servers {
		switch {
		case s.fault != nil:
			faults.Add(*s.fault)
		case len(good) > 0 && (s.scheme != good[0].scheme || s.basePath != good[0].basePath):
			faults.Add(diag.Warningf(s.pos, "openapi-server", "the server is left out: its scheme or path is not that of the first").
				WithHint("one upstream can't have both: give the other one a document of its own"))
		case !slices.ContainsFunc(good, func(other server) bool { return other.address() == s.address() }):
			good = append(good, s)
		}
	}
	return good, faults
}
