package settings

import (
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	patterns := []string{
		"https://users.acme.com", "http://*.acme.internal:8080/health", "http://10.1.2.3:*", "http://[fd00::1]:80", "https://deep.acme.com/a/b/",
		"http://localhost:9080",
	}
	tests := []struct {
		address string
		want    bool
	}{
		{"https://users.acme.com", true},
		{"https://users.acme.com/any?x=1", true},
		{"https://USERS.acme.com.:443/any", true},
		{"http://users.acme.com", false},
		{"https://users.acme.com:8443", false},
		{"https://x.users.acme.com", false},
		{"https://users.acme.com.evil.example", false},
		{"https://users.acme.com@evil.example", false},
		{"https://me@users.acme.com", false},
		{"http://a.acme.internal:8080/health", true},
		{"http://a.b.acme.internal:8080/health/deep?x", true},
		{"http://acme.internal:8080/health", false},
		{"http://.acme.internal:8080/health", false},
		{"http://evil-acme.internal:8080/health", false},
		{"http://a.acme.internal/health", false},
		{"http://a.acme.internal:8080/healthy", false},
		{"http://a.acme.internal:8080/", false},
		{"http://a.acme.internal:8080", false},
		{"http://a.acme.internal:8080/health/../admin", false},
		{"http://a.acme.internal:8080/health/%2e%2e/admin", false},
		{"http://a.acme.internal:8080/health/..;/admin", false},
		{"http://a.acme.internal:8080/health%2f..%2fadmin", false},
		{"http://a.acme.internal:8080/health%2fx", false},
		{`http://a.acme.internal:8080/health/..%5cadmin`, false},
		{"http://a.acme.internal:8080//health", false},
		{"http://10.1.2.3:1/x", true},
		{"http://10.1.2.3/x", true},
		{"http://10.1.2.30/x", false},
		{"http://167838211/x", false},
		{"http://[FD00::1]/x", true},
		{"https://deep.acme.com/a/b", true},
		{"https://deep.acme.com/a/b/c", true},
		{"https://deep.acme.com/a", false},
		{"file:///etc/passwd", false},
	}
	addresses := Settings{Allow: Allow{Probes: patterns}}.Addresses()
	for _, test := range tests {
		u, err := url.Parse(test.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := addresses.Allows(u); got != test.want {
			t.Errorf("%s: allowed %v, want %v", test.address, got, test.want)
		}
		if (Addresses{}).Allows(u) {
			t.Errorf("%s is allowed where nothing is", test.address)
		}
	}
	for address, want := range map[string]bool{"10.1.2.3": true, "10.1.2.4": false, "fd00::1": true, "127.0.0.1": true, "::1": true, "169.254.169.254": false} {
		if got := addresses.Names(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: named %v, want %v", address, got, want)
		}
	}
}

// FuzzAddresses: what is allowed has the host and the path of the pattern, however it is written.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{
		"https://a.acme.com:8443/health/x", "https://a.acme.com:8443/health/../x", "https://a.acme.com:8443/health%2f..%2fx",
		"https://evil.example:8443/health#.acme.com", `https://evil.example\\.acme.com:8443/health`, "https://a.acme.com:8443/health/..;/x",
	} {
		f.Add(seed)
	}
	addresses := Settings{Allow: Allow{Probes: []string{"https://*.acme.com:8443/health"}}}.Addresses()
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || !addresses.Allows(u) {
			return
		}
		// What is asked for is what the address is written as, read again.
		again, err := url.Parse(u.String())
		if err != nil {
			return
		}
		host := strings.TrimSuffix(strings.ToLower(again.Hostname()), ".")
		inside := strings.HasPrefix(path.Clean(again.Path)+"/", "/health/") && !strings.Contains(again.Path, "/..")
		if again.Scheme != "https" || again.Port() != "8443" || !strings.HasSuffix(host, ".acme.com") || again.User != nil || !inside {
			t.Errorf("%q is allowed, and asks %s", text, again)
		}
	})
}

func TestTokenOfPrometheus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	p := Prometheus{TokenFile: file}
	for text, want := range map[string]string{"t0k\n": "t0k", " \n": ""} {
		must(t, os.WriteFile(file, []byte(text), 0o600))
		token, err := p.Token()
		if token.Reveal() != want || (err != nil) != (want == "") {
			t.Errorf("%q: token is the wanted one: %v, %v", text, token.Matches(want), err)
		}
	}
	must(t, os.Remove(file))
	if _, err := p.Token(); err == nil {
		t.Error("a token that can't be read is no error")
	}
}
