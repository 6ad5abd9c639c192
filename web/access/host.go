package access

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// hostKnown reports whether the request names a host that may lead here. Where nobody has to log in, that is what keeps pages of others
// out whose name was made to lead here: an address or localhost can't be.
func hostKnown(req *http.Request, known []string) bool {
	host := req.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(name, host) })
}
