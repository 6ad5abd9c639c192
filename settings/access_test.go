package settings

import (
	"os"
	"strings"
	"testing"
)

const aToken = "{name: wall, role: viewer, sha256: 0a0b0c0d0e0f1011121314151617181920a1b2c3d4e5f60718293a4b5c6d7e8f}"

// TestWhoMayLook says for each address and each way to log in whether everybody may look, or the daemon does not start.
func TestWhoMayLook(t *testing.T) {
	const refused = "nobody is asked who they are"
	tests := []struct {
		text  string
		open  bool
		fault string
	}{
		{"", true, ""},
		{"listen: localhost:8080", true, ""},
		{"listen: '[::1]:8080'", true, ""},
		{"listen: 127.1.2.3:8080", true, ""},
		{"api: {tokenFile: long}", true, ""},
		{"access: {open: false}", false, ""},
		{"access: {tokens: [" + aToken + "]}", false, ""},
		{"access: {tokens: [" + aToken + "], open: true}", true, ""},
		{"publicURL: https://s.acme.com\naccess: {oidc: {issuer: 'https://id', clientID: a, viewers: ['*']}}", false, ""},
		{"listen: ':8080'", false, refused},
		{"listen: 0.0.0.0:8080", false, refused},
		{"listen: '[::]:8080'", false, refused},
		{"listen: 10.0.0.1:8080", false, refused},
		{"listen: sluice.acme.com:8080", false, refused},
		{"listen: 0.0.0.0:8080\napi: {tokenFile: key}", false, refused},
		{"listen: 0.0.0.0:8080\naccess: {open: true}", true, ""},
		{"listen: 0.0.0.0:8080\naccess: {open: false}", false, ""},
		{"listen: 0.0.0.0:8080\naccess: {tokens: [" + aToken + "]}", false, "travel in clear"},
		{"listen: 0.0.0.0:8080\naccess: {open: true}\napi: {tokenFile: key}", true, "travel in clear"},
		{"listen: 0.0.0.0:8080\naccess: {tokens: [" + aToken + "]}\npublicURL: https://s.acme.com", false, ""},
		{"listen: 0.0.0.0:8080\naccess: {tokens: [" + aToken + "]}\ntls: {certFile: cert, keyFile: key}", false, ""},
	}
	for _, tt := range tests {
		house(t, smallest+tt.text+"\n")
		must(t, os.WriteFile("long", []byte(strings.Repeat("x", 32)+"\n"), 0o600))
		s, faults := Load("sluice.yaml")
		if tt.fault == "" && len(faults) > 0 || !strings.Contains(faults.Error(), tt.fault) {
			t.Errorf("%s: %s", tt.text, faults.Error())
		}
		if tt.fault != refused && (faults.HasErrors() || s.IsOpen() != tt.open) {
			t.Errorf("%s: open is %v, faults %s", tt.text, s.IsOpen(), faults.Error())
		}
	}
}

func TestAccessFaults(t *testing.T) {
	const badName = `sluice.yaml:4:10: token 1 of access.tokens has a name that the journal can't show as it is
	hint: write one line of up to 100 bytes, without control characters and marks that turn the direction of writing`
	const oidc = "publicURL: https://s.acme.com\naccess: {oidc: {issuer: 'https://id', clientID: a, viewers: ['*']"
	tests := []struct{ name, text, want string }{
		{"a token without anything", "access: {tokens: [{}]}", `sluice.yaml:4:10: token 1 of access.tokens has no name
	hint: name who it is for: the journal says so
sluice.yaml:4:10: token 1 of access.tokens has the unknown role ""
	hint: the roles are scraper, viewer, operator
sluice.yaml:4:10: token 1 of access.tokens: sha256 is not the hash of a token: 64 hexadecimal digits
	hint: make a token and its hash with sluice token`},
		{"a role that is none", "access: {tokens: [" + strings.Replace(aToken, "viewer", "viewr", 1) + "]}",
			"sluice.yaml:4:10: token 1 of access.tokens has the unknown role \"viewr\"\n\thint: did you mean \"viewer\"?"},
		{"a viewer of one environment", "access: {tokens: [" + strings.Replace(aToken, "viewer", "viewer, environments: [test]", 1) + "]}",
			"sluice.yaml:4:10: token 1 of access.tokens has environments, and its role is the same in all of them\n\thint: take environments out, or write role: operator"},
		{"an environment without a name", "access: {tokens: [" + strings.Replace(aToken, "viewer", "operator, environments: [test, '']", 1) + "]}",
			"sluice.yaml:4:10: token 1 of access.tokens has \"\" among its environments, which is no name of one\n\thint: name each as its directory below environments/"},
		{"more environments than a session keeps", "access: {tokens: [" + strings.Replace(aToken, "viewer", "operator, environments: ["+strings.Repeat("e", 2001)+"]", 1) + "]}",
			"sluice.yaml:4:10: token 1 of access.tokens names environments with 2001 bytes in all, and a session keeps up to 2000\n\thint: let an operator act everywhere, or name fewer"},
		{"operators of a provider that is none", "access: {oidc: {operatorsOf: {test: [ops]}}}", "sluice.yaml:4:10: \"issuer\" is missing\n\thint: name the identity provider: issuer: https://…"},
		{"two tokens of one name", "access: {tokens: [" + aToken + ", " + aToken + "]}",
			"sluice.yaml:4:10: two tokens are called \"wall\"\n\thint: give each a name of its own: the journal tells them apart by it"},
		{"a token in place of its hash", "access: {tokens: [{name: wall, role: viewer, sha256: sluice_s3cret}]}",
			"sluice.yaml:4:10: token 1 of access.tokens: sha256 is not the hash of a token: 64 hexadecimal digits\n\thint: make a token and its hash with sluice token"},
		{"a provider that is asked in clear", strings.Replace(oidc, "https://id", "http://id", 1) + "}}",
			"sluice.yaml:5:25: an identity provider on another machine is asked over https alone\n\thint: write https://"},
		{"a provider without a client", "publicURL: https://s.acme.com\naccess: {oidc: {issuer: 'https://id'}}", `sluice.yaml:5:10: "clientID" is missing
	hint: name the client as the identity provider knows it
sluice.yaml:5:10: "viewers" is missing
	hint: name the groups that may look, or ["*"] for everybody who can log in`},
		{"a client without a provider", "access: {oidc: {clientID: a}}", "sluice.yaml:4:10: \"issuer\" is missing\n\thint: name the identity provider: issuer: https://…"},
		{"a provider that can't send anybody back", strings.TrimPrefix(oidc, "publicURL: https://s.acme.com\n") + "}}",
			"sluice.yaml:1:1: \"publicURL\" is missing\n\thint: write publicURL: https://HOST: the identity provider sends browsers back to it"},
		{"its secret in clear", oidc + ", clientSecret: abc}}",
			"sluice.yaml:5:68: \"clientSecret\" must not hold a secret in clear\n\thint: put it into a file and name that with clientSecretFile; then change the secret, it was readable here"},
		{"replicas without a common key", oidc + "}}\njournal: {etcd: {endpoints: ['https://etcd:2379']}}",
			"sluice.yaml:5:1: warning: each replica asks for a login of its own: they share no key of sessions\n\thint: name a key that all replicas share: access: {sessions: {keyFile: …}}"},
		{"a session without an end", "access: {sessions: {life: 1000h}}", "sluice.yaml:4:27: a session lasts from a minute to 30 days, not 1000h0m0s\n\thint: write a duration, as 8h"},
		{"a proxy that is none", "access: {trustedProxies: [10.0.0.1]}", "sluice.yaml:4:10: \"10.0.0.1\" is not a range of addresses\n\thint: write a range, as 10.0.0.0/8"},
		{"a proxy that is everybody", "access: {trustedProxies: ['0.0.0.0/0', '::/0']}", `sluice.yaml:4:10: "0.0.0.0/0" holds every address: whoever connects could say where the request came from
	hint: write the addresses of your proxies alone, as 10.0.0.0/8
sluice.yaml:4:10: "::/0" holds every address: whoever connects could say where the request came from
	hint: write the addresses of your proxies alone, as 10.0.0.0/8`},
		{"hosts that no browser names", "access: {hosts: [sluice.acme.com, 10.0.0.1, sluice, 'http://x', '*', a b, 'x:80']}", `sluice.yaml:4:10: "*" is not the name of a host
	hint: write the name alone, as sluice.acme.com: without a scheme, a port and *
sluice.yaml:4:10: "a b" is not the name of a host
	hint: write the name alone, as sluice.acme.com: without a scheme, a port and *
sluice.yaml:4:10: "http://x" is not the name of a host
	hint: write the name alone, as sluice.acme.com: without a scheme, a port and *
sluice.yaml:4:10: "x:80" is not the name of a host
	hint: write the name alone, as sluice.acme.com: without a scheme, a port and *`},
		{"a name that turns the writing", "access: {tokens: [" + strings.Replace(aToken, "wall", `"\u202eX"`, 1) + "]}", badName},
		{"a name of two lines", "access: {tokens: [" + strings.Replace(aToken, "wall", `"ann\nbob"`, 1) + "]}", badName},
		{"a name that colours a terminal", "access: {tokens: [" + strings.Replace(aToken, "wall", `"\e[31mann"`, 1) + "]}", badName},
		{"a name without an end", "access: {tokens: [" + strings.Replace(aToken, "wall", strings.Repeat("a", 101), 1) + "]}", badName},
		{"a name of many words", "access: {tokens: [" + strings.Replace(aToken, "wall", "Zoë <zoe@acme.com>", 1) + "]}", ""},
		{"a token that can be guessed", "api: {tokenFile: key}",
			"sluice.yaml:4:18: warning: \"HERE/key\" holds less than 32 bytes, and whoever guesses them is an operator\n\thint: make one with openssl rand -hex 32"},
		{"a token that is empty", "api: {tokenFile: empty}",
			"sluice.yaml:4:18: \"HERE/empty\" is empty: nobody could be an operator by it\n\thint: make one with openssl rand -hex 32"},
		{"a page below a path", "publicURL: https://s.acme.com/sluice", "sluice.yaml:4:12: the page can't stand below a path: it links to itself from the top of its host\n\thint: write https://HOST, and give Sluice a host name of its own"},
		{"a page at the top", "publicURL: https://s.acme.com/", ""},
		{"half a certificate", "tls: {certFile: cert}", "sluice.yaml:4:1: \"keyFile\" is missing\n\thint: name the private key of the certificate, in PEM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			house(t, smallest+tt.text+"\n")
			must(t, os.WriteFile("empty", []byte("\n"), 0o600))
			_, faults := Load("sluice.yaml")
			check(t, "faults", tt.want, strings.ReplaceAll(faults.Error(), here(t, "")+"/", "HERE/"))
		})
	}
}

func TestTheKeyOfSessions(t *testing.T) {
	house(t, smallest)
	must(t, os.WriteFile("long", []byte(strings.Repeat("x", 32)+"\n"), 0o600))
	for file, want := range map[string]int{"": 0, "long": 32} {
		key, err := Sessions{KeyFile: file}.Key()
		if err != nil || len(key) != want {
			t.Errorf("%q: %d bytes, %v", file, len(key), err)
		}
	}
	for _, file := range []string{"key", "none"} {
		if key, err := (Sessions{KeyFile: file}).Key(); err == nil || key != nil || strings.Contains(err.Error(), "k3y") {
			t.Errorf("%q: %q, %v", file, key, err)
		}
	}
}
