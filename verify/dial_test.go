package verify

import (
	"net/netip"
	"net/url"
	"testing"
)

// named names some addresses.
type named []string

func (named) Allows(*url.URL) bool { return true }

func (n named) Names(address netip.Addr) bool {
	for _, one := range n {
		if netip.MustParseAddr(one) == address {
			return true
		}
	}
	return false
}

// TestRefuse holds which addresses a name can't lead to.
func TestRefuse(t *testing.T) {
	tests := []struct {
		address string
		named   Addresses
		refused bool
	}{
		{"93.184.216.34:80", nil, false},
		{"10.1.2.3:80", nil, false},
		{"[fd00::1]:443", nil, false},
		{"169.254.169.254:80", nil, true},
		{"169.254.169.254:80", named{"169.254.169.254"}, false},
		{"169.254.169.254:80", named{"169.254.1.1"}, true},
		{"[::ffff:169.254.169.254]:80", nil, true},
		{"[::ffff:169.254.169.254]:80", named{"169.254.169.254"}, false},
		{"[64:ff9b::a9fe:a9fe]:80", nil, true},
		{"[fe80::1%eth0]:80", nil, true},
		{"[fd00:ec2::254]:80", nil, true},
		{"100.100.100.200:80", nil, true},
		{"127.0.0.1:8080", nil, true},
		{"127.8.9.1:8080", nil, true},
		{"[::1]:8080", nil, true},
		{"0.0.0.0:80", nil, true},
		{"[::]:80", nil, true},
		{"224.0.0.1:80", nil, true},
		{"nonsense", nil, true},
	}
	for _, test := range tests {
		if err := refuse(test.address, test.named); (err != nil) != test.refused {
			t.Errorf("%s with %v: %v", test.address, test.named, err)
		}
	}
	if careful(nil).Proxy != nil {
		t.Error("probes go through a proxy")
	}
}
