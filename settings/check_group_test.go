package settings

import (
	"net/url"
	"testing"
)

// TestOneAPIHasOneAddress: two groups may not share an Admin API, however each of them writes its address.
func TestOneAPIHasOneAddress(t *testing.T) {
	seen := map[string]bool{}
	for _, same := range [][]string{
		{"https://eu-admin:9180", "HTTPS://EU-admin:9180/", "https://eu-admin:9180/apisix/admin", "https://eu-admin:9180/apisix/admin/"},
		{"https://eu-admin", "https://eu-admin:443"},
		{"http://eu-admin:443"},
		{"https://eu-admin:9180/eu"},
		{"http://[::1]", "http://[::1]:80/"},
	} {
		first, err := url.Parse(same[0])
		must(t, err)
		if seen[sameAPI(first)] {
			t.Errorf("%s is taken for another one", same[0])
		}
		seen[sameAPI(first)] = true
		for _, text := range same {
			u, err := url.Parse(text)
			must(t, err)
			check(t, text, sameAPI(first), sameAPI(u))
		}
	}
}
