package source

import (
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"https://git.acme.com/platform/gateways.git":        "https://git.acme.com/platform/gateways.git",
		"https://user:hunter2@git.acme.com:8443/g.git":      "https://git.acme.com:8443/g.git",
		"https://hunter2@git.acme.com/g.git":                "https://git.acme.com/g.git",
		"HTTPS://git.acme.com/g.git?access_token=hunter2#x": "https://git.acme.com/g.git",
		"git@git.acme.com:platform/gateways.git":            "ssh://git.acme.com/platform/gateways.git",
		"git.acme.com:/srv/git/g.git":                       "ssh://git.acme.com/srv/git/g.git",
		"ssh://git@git.acme.com:2222/g.git":                 "ssh://git.acme.com:2222/g.git",
		"file:///srv/git/g.git":                             "/srv/git/g.git",
		"/srv/git/g.git":                                    "/srv/git/g.git",
	} {
		got, err := parseAddress(raw)
		if err != nil || got.String() != want || strings.Contains(got.String(), "hunter2") {
			t.Errorf("%s: %s, %v; want %s", raw, got, err, want)
		}
	}
	if a, err := parseAddress("repo"); err != nil || a.scheme != "file" || !strings.HasSuffix(a.path, "/source/repo") {
		t.Errorf("a relative path: %+v, %v", a, err)
	}
	for _, raw := range []string{"ftp://x/y", "https:///x", "ssh://%zz"} {
		if a, err := parseAddress(raw); err == nil {
			t.Errorf("%s: %+v", raw, a)
		}
	}
}

func TestHostPort(t *testing.T) {
	for host, want := range map[string]string{"h": "h:22", "h:2222": "h:2222", "[::1]": "[::1]:22", "[::1]:7": "[::1]:7"} {
		if got := (address{host: host}).hostPort("22"); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
