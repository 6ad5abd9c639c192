package verify

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// careful returns a transport for probes: no proxy, a connection for each request, so that any worker of a gateway may answer, and
// none to an address of which a name must not be trusted.
func careful(named Addresses) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return refuse(address, named)
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: mostBody,
	}
}

// refuse is asked when the address is known and before anything is sent, so that a name that resolves to another address the second
// time gains nothing.
func refuse(address string, named Addresses) error {
	host, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	ip := plainAddress(host.Addr())
	if !local(ip) || named != nil && named.Names(ip) {
		return nil
	}
	return fmt.Errorf("%s is an address of this machine or its cloud: probes go there only when allow.probes names it", ip)
}

// plainAddress returns the IPv4 address within an IPv6 one, where there is one.
func plainAddress(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	if translated := netip.MustParsePrefix("64:ff9b::/96"); translated.Contains(ip) {
		bytes := ip.As16()
		return netip.AddrFrom4([4]byte(bytes[12:]))
	}
	return ip
}

// metadata are the addresses, outside the link, where clouds tell machines their keys.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("192.0.0.192"),
	netip.MustParseAddr("fd20:ce::254"), netip.MustParseAddr("168.63.129.16"),
}

// local reports whether an address belongs to this machine, to its link, or to the cloud below it.
func local(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadata, ip)
}
