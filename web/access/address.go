package access

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf returns where a request came from: the address of the connection or, when that is one of a trusted proxy, the last one in
// X-Forwarded-For that is not. The zero Addr is not known.
func addressOf(req *http.Request, trusted []netip.Prefix) netip.Addr {
	connection, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := connection.Addr().Unmap()
	forwarded := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		if !contain(trusted, address) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break // what a proxy did not write tells nothing
		}
		address = before.Unmap()
	}
	return address
}

func contain(ranges []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(address) })
}
