package settings

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Addresses are where probes of config repos may go. It is safe for use by several goroutines at once. The zero value allows
// nothing.
type Addresses struct{ sites []site }

// site is one pattern of Allow.Probes.
type site struct {
	scheme string
	host   string // in lower case, without a dot at its end
	below  bool   // the names below host, and not host itself
	port   string // * is every port
	path   string // without a slash at its end
}

// Addresses returns where probes may go. Patterns that are none were refused by Load, and allow nothing.
func (s Settings) Addresses() Addresses {
	var all Addresses
	for _, text := range s.Allow.Probes {
		if one, err := parseSite(text); err == nil {
			all.sites = append(all.sites, one)
		}
	}
	return all
}

var (
	sitePattern = regexp.MustCompile(`^(https?)://(\*\.)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}|\*))?(/[^?#]*)?$`)
	// hostBelow is what may stand for the star of a host.
	hostBelow = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
)

func parseSite(text string) (site, error) {
	m := sitePattern.FindStringSubmatch(text)
	if m == nil {
		return site{}, errors.New("no pattern of addresses")
	}
	made := site{scheme: m[1], below: m[2] != "", host: plainHost(strings.Trim(m[3], "[]")), port: cmp.Or(m[4], defaultPort(m[1]))}
	below := strings.TrimRight(m[5], "/")
	if below != "" && !clean(below) || strings.Contains(below, "%") {
		return site{}, errors.New("no pattern of addresses")
	}
	made.path = below
	return made, nil
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

func plainHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// clean reports whether a path says where it leads: it has no dots to go up, and nothing that a server may take for a slash.
func clean(text string) bool {
	return !strings.Contains(text, `\`) && !strings.Contains(text, "/..") && path.Clean(text) == cmp.Or(strings.TrimSuffix(text, "/"), "/")
}

// Allows reports whether a pattern allows the address. It looks at the text alone, and not at what the host resolves to.
func (a Addresses) Allows(u *url.URL) bool {
	plain := u.User == nil && u.Opaque == "" && (u.Path == "" || clean(u.Path)) && !strings.Contains(strings.ToLower(u.RawPath), "%2f")
	return plain && slices.ContainsFunc(a.sites, func(s site) bool { return s.allows(u) })
}

func (s site) allows(u *url.URL) bool {
	if s.scheme != u.Scheme || s.port != "*" && s.port != cmp.Or(u.Port(), defaultPort(u.Scheme)) {
		return false
	}
	if s.path != "" && u.Path != s.path && !strings.HasPrefix(u.Path, s.path+"/") {
		return false
	}
	host := plainHost(u.Hostname())
	if !s.below {
		return host == s.host
	}
	name, found := strings.CutSuffix(host, "."+s.host)
	return found && hostBelow.MatchString(name)
}

// Names reports whether a pattern names the address itself; localhost names those of this machine.
func (a Addresses) Names(address netip.Addr) bool {
	return slices.ContainsFunc(a.sites, func(s site) bool {
		if s.host == "localhost" && !s.below {
			return address.IsLoopback()
		}
		named, err := netip.ParseAddr(s.host)
		return err == nil && !s.below && named.Unmap() == address
	})
}

func (c *checker) probes(patterns []string) {
	for _, pattern := range patterns {
		if _, err := parseSite(pattern); err != nil {
			c.fault("bad-glob", "write https://HOST, https://*.acme.com:8443/health or http://HOST:*",
				quote(pattern)+" is no pattern of addresses", "allow", "probes")
		}
	}
}
