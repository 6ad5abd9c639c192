package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluice-gitops/sluice/diag"
)

// house makes a directory with a settings file and the key files that it may name, and goes there.
func house(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, mode := range map[string]os.FileMode{"key": 0o600, "open-key": 0o644, "cert": 0o644} {
		must(t, os.WriteFile(name, []byte("k3y\n"), mode))
		must(t, os.Chmod(name, mode))
	}
	must(t, os.Mkdir("secrets", 0o700))
	must(t, os.WriteFile("sluice.yaml", []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, what string, want, got any, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func here(t *testing.T, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	return filepath.Join(dir, path)
}

const smallest = `repository: {url: https://git.acme.com/gateways.git}
gatewayGroups:
  eu: {adminURL: http://eu:9180, adminKeyFile: key, environment: prod}
`

func TestDefaults(t *testing.T) {
	house(t, smallest)
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	want := Settings{
		Repository: Repository{
			URL: "https://git.acme.com/gateways.git", Branch: "main", Root: ".", Poll: 30 * time.Second,
			Mirror: "/var/lib/sluice/mirror.git", Timeout: time.Minute,
		},
		GatewayGroups: map[string]GatewayGroup{"eu": {
			Type: APISIX, AdminURL: "http://eu:9180", AdminKeyFile: here(t, "key"), Environment: "prod",
			Parallel: 16, Timeout: 30 * time.Second, Settle: time.Second,
		}},
		Journal: Journal{Path: "/var/lib/sluice/journal.db"},
		Listen:  "127.0.0.1:8080",
		Access:  Access{Sessions: Sessions{Life: 8 * time.Hour}},
		Drift:   Drift{Interval: 3 * time.Minute},
		Log:     Log{Level: "info"},
	}
	check(t, "settings", want, got, cmpopts.IgnoreTypes(diag.Pos{}))
}

func TestEveryKey(t *testing.T) {
	house(t, `repository:
  url: ../gateways
  branch: trunk
  root: config
  auth: {username: bot, passwordFile: key, sshKeyFile: key, knownHostsFile: cert}
  poll: 5s
  mirror: mirror
  timeout: 10s
  verify: {keyring: secrets}
gatewayGroups:
  eu:
    type: apisix
    adminURL: https://eu:9180/apisix/admin
    adminKeyFile: key
    instances: [{statusURL: http://eu-1:7085, controlURL: http://eu-1:9090, proxyURL: http://eu-1:9080, workers: 4}]
    sentinel: {host: sentinel.acme.com, path: /sluice-sentinel}
    environment: prod
    parallel: 4
    timeout: 3s
    settle: 2s
    drain: 20s
    tls: {caFile: cert, certFile: cert, keyFile: key}
  edge:
    type: apisix-standalone
    adminKeyFile: key
    environment: prod
    instances: [{adminURL: http://edge-1:9180, statusURL: http://edge-1:7085}, {adminURL: http://edge-2:9180}]
    spacing: 3s
    documentLimit: 20971520
  ee:
    type: api7
    adminURL: https://ee:7443
    adminKeyFile: key
    environment: prod
    gatewayGroup: production
    publish: true
    instances: [{statusURL: http://ee-1:7085}]
  ee-next: {type: api7, adminURL: "https://ee:7443", adminKeyFile: key, environment: uat}
  demo:
    type: embedded
    environment: test
    listen: {admin: "127.0.0.1:9180", proxy: "127.0.0.1:9080", tls: "127.0.0.1:9443", control: "127.0.0.1:9090"}
    stateFile: demo.json
    version: 3.16.0
    workers: 2
journal: {path: state/journal.db}
listen: ":9000"
publicURL: https://sluice.acme.com
access:
  open: false
  hosts: [sluice.svc]
  tokens: [{name: wall, role: viewer, sha256: 0a0b0c0d0e0f1011121314151617181920a1b2c3d4e5f60718293a4b5c6d7e8f}]
  oidc:
    issuer: https://id.acme.com
    clientID: sluice
    clientSecretFile: key
    scopes: [groups]
    nameClaim: email
    groupsClaim: realm_access.roles
    viewers: ["*"]
    operators: [platform]
    caFile: cert
  sessions: {keyFile: key, life: 1h}
  trustedProxies: [10.0.0.0/8]
tls: {certFile: cert, keyFile: key}
allow: {env: ["GATEWAY_*"], secrets: ["gw-*"], probes: ["https://*.acme.com/health"]}
prometheus: {url: "https://prometheus:9090/prom", tokenFile: key, caFile: cert}
secrets:
  dir: secrets
  envPrefix: SLUICE_SECRET_
  vault:
    address: https://vault:8200
    namespace: team
    mount: kv
    path: gateways
    field: secret
    kubernetes: {role: sluice, mount: k8s, jwtFile: jwt}
    caFile: cert
drift: {interval: 1m}
log: {level: debug}
`)
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	want := Settings{
		Repository: Repository{
			URL: here(t, "../gateways"), Branch: "trunk", Root: "config", Poll: 5 * time.Second, Mirror: here(t, "mirror"),
			Timeout: 10 * time.Second, Verify: Verify{Keyring: here(t, "secrets")},
			Auth: Auth{Username: "bot", PasswordFile: here(t, "key"), SSHKeyFile: here(t, "key"), KnownHostsFile: here(t, "cert")},
		},
		GatewayGroups: map[string]GatewayGroup{
			"eu": {
				Type: APISIX, AdminURL: "https://eu:9180/apisix/admin", AdminKeyFile: here(t, "key"), Environment: "prod",
				Instances: []Instance{{StatusURL: "http://eu-1:7085", ControlURL: "http://eu-1:9090", ProxyURL: "http://eu-1:9080", Workers: 4}},
				Sentinel:  Sentinel{Host: "sentinel.acme.com", Path: "/sluice-sentinel"},
				Parallel:  4, Timeout: 3 * time.Second, Settle: 2 * time.Second, Drain: 20 * time.Second,
				TLS: TLS{CAFile: here(t, "cert"), CertFile: here(t, "cert"), KeyFile: here(t, "key")},
			},
			"edge": {
				Type: Standalone, AdminKeyFile: here(t, "key"), Environment: "prod", Parallel: 16, Timeout: 30 * time.Second, Settle: time.Second,
				Instances: []Instance{{AdminURL: "http://edge-1:9180", StatusURL: "http://edge-1:7085"}, {AdminURL: "http://edge-2:9180"}},
				Spacing:   3 * time.Second, DocumentLimit: 20 << 20,
			},
			"ee": {
				Type: API7, AdminURL: "https://ee:7443", AdminKeyFile: here(t, "key"), Environment: "prod", Parallel: 16,
				Timeout: 30 * time.Second, Settle: 3 * time.Second, GatewayGroup: "production", Publish: true,
				Instances: []Instance{{StatusURL: "http://ee-1:7085"}},
			},
			"ee-next": {
				Type: API7, AdminURL: "https://ee:7443", AdminKeyFile: here(t, "key"), Environment: "uat", Parallel: 16,
				Timeout: 30 * time.Second, Settle: 3 * time.Second, GatewayGroup: "ee-next",
			},
			"demo": {
				Type: Embedded, Environment: "test", Parallel: 16, Timeout: 30 * time.Second, Settle: time.Second,
				Listen:    Listen{Admin: "127.0.0.1:9180", Proxy: "127.0.0.1:9080", TLS: "127.0.0.1:9443", Control: "127.0.0.1:9090"},
				StateFile: here(t, "demo.json"), Version: "3.16.0", Workers: 2,
			},
		},
		Journal:   Journal{Path: here(t, "state/journal.db")},
		Listen:    ":9000",
		PublicURL: "https://sluice.acme.com",
		Access: Access{
			Open: new(bool), Hosts: []string{"sluice.svc"}, TrustedProxies: []string{"10.0.0.0/8"},
			Tokens: []AccessToken{{Name: "wall", Role: "viewer", SHA256: "0a0b0c0d0e0f1011121314151617181920a1b2c3d4e5f60718293a4b5c6d7e8f"}},
			OIDC: OIDC{
				Issuer: "https://id.acme.com", ClientID: "sluice", ClientSecretFile: here(t, "key"), Scopes: []string{"groups"}, NameClaim: "email",
				GroupsClaim: "realm_access.roles", Viewers: []string{"*"}, Operators: []string{"platform"}, CAFile: here(t, "cert"),
			},
			Sessions: Sessions{KeyFile: here(t, "key"), Life: time.Hour},
		},
		TLS:        ServerTLS{CertFile: here(t, "cert"), KeyFile: here(t, "key")},
		Allow:      Allow{Env: []string{"GATEWAY_*"}, Secrets: []string{"gw-*"}, Probes: []string{"https://*.acme.com/health"}},
		Prometheus: Prometheus{URL: "https://prometheus:9090/prom", TokenFile: here(t, "key"), CAFile: here(t, "cert")},
		Secrets: Secrets{Dir: here(t, "secrets"), EnvPrefix: "SLUICE_SECRET_", Vault: Vault{
			Address: "https://vault:8200", Namespace: "team", Mount: "kv", Path: "gateways", Field: "secret", CAFile: here(t, "cert"),
			Kubernetes: Kubernetes{Role: "sluice", Mount: "k8s", JWTFile: here(t, "jwt")},
		}},
		Drift: Drift{Interval: time.Minute},
		Log:   Log{Level: "debug"},
	}
	check(t, "settings", want, got, cmpopts.IgnoreTypes(diag.Pos{}))
}

// group writes a file with one group that has these lines.
func group(lines ...string) string {
	return "repository: {url: /repo}\ngatewayGroups:\n  eu:\n    " + strings.Join(lines, "\n    ") + "\n"
}

// good is a group without a fault, to which a test adds one.
func good(lines ...string) string {
	return group(append([]string{"adminURL: http://eu:9180", "adminKeyFile: key", "environment: prod"}, lines...)...)
}

func TestFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", `sluice.yaml: "gatewayGroups" is missing
	hint: name at least one gateway group
sluice.yaml: "url" is missing
	hint: name the config repo: url: https://…`},
		{"no YAML", "a: [", `sluice.yaml:1: `},
		{"misspelt", smallest + "listne: x\n", `sluice.yaml:4:1: unknown key "listne"
	hint: did you mean "listen"?`},
		{"misspelt in a group", good("adminURl: x"), `sluice.yaml:7:5: unknown key "adminURl"
	hint: did you mean "adminURL"?`},
		{"all at once", "repository: {branch: 5}\nlog: {level: warm}\ngatewayGroups: {eu: {parallel: -1, drain: soon}}\n", `sluice.yaml:1:1: "url" is missing
	hint: name the config repo: url: https://…
sluice.yaml:1:22: want text, not a number
	hint: quote it: "5"
sluice.yaml:2:14: unknown log level "warm"
	hint: did you mean "warn"?
sluice.yaml:3:17: "adminKeyFile" is missing
	hint: name the file that holds the admin key, or the variable: adminKeyEnv
sluice.yaml:3:17: "adminURL" is missing
	hint: write adminURL: https://HOST:9180
sluice.yaml:3:17: "environment" is missing
	hint: name the only environment that may use the group
sluice.yaml:3:32: -1 is too small
	hint: write a number from 1
sluice.yaml:3:43: "soon" is not a duration
	hint: give a number and a unit: 500ms, 30s, 10m, 1h`},
		{"a key in clear", group("adminURL: http://eu:9180", "adminKey: edd1c9f034335f136f87ad84b625c8f1", "environment: prod"),
			`sluice.yaml:3:3: "adminKeyFile" is missing
	hint: name the file that holds the admin key, or the variable: adminKeyEnv
sluice.yaml:5:5: "adminKey" must not hold a secret in clear
	hint: put it into a file and name that with adminKeyFile (or adminKeyEnv); then change the secret, it was readable here`},
		{"a token in clear", "repository:\n  url: /repo\n  auth: {token: abc}\n" + smallest[strings.Index(smallest, "gatewayGroups"):],
			`sluice.yaml:3:10: "token" must not hold a secret in clear
	hint: put it into a file and name that with tokenFile; then change the secret, it was readable here`},
		{"a password in the repository's address", strings.Replace(smallest, "https://", "https://bot:s3cret@", 1),
			`sluice.yaml:1:19: a repository's address must not hold a password
	hint: use auth.username and auth.passwordFile; then change the password, it was readable here`},
		{"a password in an admin address", group("adminURL: http://a:s3cret@eu:9180", "adminKeyFile: key", "environment: prod"),
			`sluice.yaml:4:15: an address must not hold a user or a password
	hint: remove them`},
		{"an App for a repository on this machine", `repository: {url: /repo, auth: {githubApp: {id: Iv1, keyFile: key}}}
gatewayGroups:
  eu: {adminURL: http://eu:9180, adminKeyFile: key, environment: prod}
`, `sluice.yaml:1:33: "githubApp" belongs to a repository at https
	hint: write repository.url as https://HOST/OWNER/NAME.git, or use sshKeyFile`},
		{"an App and a token", `repository: {url: "https://github.com/acme/gw", auth: {tokenFile: key, githubApp: {id: Iv1, keyFile: key}}}
gatewayGroups:
  eu: {adminURL: http://eu:9180, adminKeyFile: key, environment: prod}
`, `sluice.yaml:1:72: "githubApp" excludes "tokenFile" and "passwordFile"
	hint: keep one of the two`},
		{"half an App", `repository: {url: "https://github.com/acme/gw", auth: {githubApp: {id: Iv1}}}
gatewayGroups:
  eu: {adminURL: http://eu:9180, adminKeyFile: key, environment: prod}
`, `sluice.yaml:1:56: "keyFile" is missing
	hint: write githubApp: {id: ID, keyFile: FILE}`},
		{"a forge that a path says nothing of", "repository: {url: /repo}\n" + smallest[strings.Index(smallest, "gatewayGroups"):] + "forge: {type: gitea}\n",
			`sluice.yaml:4:1: "repository" is missing
	hint: write repository: OWNER/NAME
sluice.yaml:4:1: "tokenFile" is missing
	hint: name the file that holds a token with the right to write commit statuses
sluice.yaml:4:1: "url" is missing
	hint: write url: https://HOST`},
		{"an unknown forge", smallest + "forge: {type: githup, tokenFile: key}\n", `sluice.yaml:4:15: unknown type of forge "githup"
	hint: did you mean "github"?`},
		{"an App elsewhere", smallest + "forge: {type: gitlab, repository: a/b, app: {id: a, keyFile: key}}\n", `sluice.yaml:4:40: "app" belongs to type github
	hint: use tokenFile`},
		{"a forge's token in clear", smallest + "forge: {type: gitlab, repository: a/b, token: abc, tokenFile: key}\n", `sluice.yaml:4:40: "token" must not hold a secret in clear
	hint: put it into a file and name that with tokenFile; then change the secret, it was readable here`},
		{"an unknown type", good("type: apisx"), `sluice.yaml:7:11: unknown gateway type "apisx"
	hint: did you mean "apisix"?`},
		{"one gateway for two groups", smallest + "  us: {adminURL: HTTP://EU:9180/, adminKeyFile: key, environment: prod}\n",
			`sluice.yaml:4:18: gateway groups "eu" and "us" have the same adminURL
	first set at sluice.yaml:3:18
	hint: each group needs its own Admin API: they would remove each other's resources`},
		{"not an address", group("adminURL: eu:9180", "adminKeyFile: key", "environment: prod"), `sluice.yaml:4:15: not the address of an API
	hint: write http://HOST:PORT or https://HOST:PORT`},
		{"an address with a query", group("adminURL: http://eu:9180?a=b", "adminKeyFile: key", "environment: prod"),
			`sluice.yaml:4:15: an address must not hold a query
	hint: remove what follows ? or #`},
		{"a key file that is not there", strings.Replace(smallest, "adminKeyFile: key", "adminKeyFile: none", 1),
			"sluice.yaml:3:48: stat HERE/none: no such file or directory"},
		{"a key file that is a directory", strings.Replace(smallest, "adminKeyFile: key", "adminKeyFile: secrets", 1),
			"sluice.yaml:3:48: \"HERE/secrets\" is a directory\n\thint: name a file in it"},
		{"a key that all can read", strings.Replace(smallest, "adminKeyFile: key", "adminKeyFile: open-key", 1),
			"sluice.yaml:3:48: warning: everyone on this machine can read \"HERE/open-key\"\n\thint: chmod o-r HERE/open-key"},
		{"two places for a key", good("adminKeyEnv: PATH"), `sluice.yaml:7:18: "adminKeyFile" and "adminKeyEnv" exclude each other
	hint: keep one of the two`},
		{"a variable that is not set", group("adminURL: http://eu:9180", "adminKeyEnv: SLUICE_NO_SUCH", "environment: prod"),
			`sluice.yaml:5:18: environment variable "SLUICE_NO_SUCH" is not set
	hint: set it where the daemon runs, or use adminKeyFile`},
		{"token and password", "repository: {url: /r, auth: {tokenFile: key, passwordFile: key}}\n" + smallest[strings.Index(smallest, "gatewayGroups"):],
			`sluice.yaml:1:60: "tokenFile" and "passwordFile" exclude each other
	hint: keep one of the two`},
		{"half a client certificate", good("tls: {certFile: cert}"), `sluice.yaml:7:5: "certFile" and "keyFile" belong together
	hint: set both or neither`},
		{"patterns that are none", smallest + "allow: {probes: ['http://ok', '*', 'https://*', 'acme.com', 'https://acme.com/../x', 'https://acme.com/?a']}\n",
			`sluice.yaml:4:9: "*" is no pattern of addresses
	hint: write https://HOST, https://*.acme.com:8443/health or http://HOST:*
sluice.yaml:4:9: "acme.com" is no pattern of addresses
	hint: write https://HOST, https://*.acme.com:8443/health or http://HOST:*
sluice.yaml:4:9: "https://*" is no pattern of addresses
	hint: write https://HOST, https://*.acme.com:8443/health or http://HOST:*
sluice.yaml:4:9: "https://acme.com/../x" is no pattern of addresses
	hint: write https://HOST, https://*.acme.com:8443/health or http://HOST:*
sluice.yaml:4:9: "https://acme.com/?a" is no pattern of addresses
	hint: write https://HOST, https://*.acme.com:8443/health or http://HOST:*`},
		{"a Prometheus without an address", smallest + "prometheus: {tokenFile: key}\n", `sluice.yaml:4:1: "url" is missing
	hint: write url: https://HOST:9090`},
		{"a token in clear", smallest + "prometheus: {url: http://p:9090, token: abc}\n", `sluice.yaml:4:34: "token" must not hold a secret in clear
	hint: put it into a file and name that with tokenFile; then change the secret, it was readable here`},
		{"trusting anyone", good("tls: {insecureSkipVerify: true}"), `sluice.yaml:7:31: warning: anyone can pose as this gateway and take the admin key
	hint: use caFile`},
		{"a key of the embedded gateway", good("workers: 2"), `sluice.yaml:7:14: "workers" belongs to type embedded
	hint: remove it, or set type: embedded`},
		{"a key of a real gateway", group("type: embedded", "environment: test", "adminURL: http://eu:9180"), `sluice.yaml:6:15: "adminURL" belongs to type apisix and api7
	hint: remove it, or set type: apisix`},
		{"an instance without an address", good("instances: [{statusURL: http://a:1}, {}]"), `sluice.yaml:7:42: an instance without an address
	hint: set statusURL, controlURL or both`},
		{"a sentinel that can't be asked for", good("instances: [{controlURL: http://a:1}]", "sentinel: {path: sentinel}"),
			`sluice.yaml:7:17: an instance without a proxyURL can't be asked for the sentinel
	hint: set proxyURL: http://HOST:9080 for each instance, or remove sentinel
sluice.yaml:8:5: the sentinel needs a path of its own
	hint: write path: /sluice-sentinel`},
		{"standalone without instances", group("type: apisix-standalone", "adminKeyFile: key", "environment: prod", "adminURL: http://eu:9180"),
			`sluice.yaml:3:3: "instances" is missing
	hint: write instances: [{adminURL: http://HOST:9180}], one for each instance
sluice.yaml:7:15: "adminURL" belongs to type apisix and api7
	hint: remove it, or set type: apisix`},
		{"standalone without an Admin API", group("type: apisix-standalone", "adminKeyFile: key", "environment: prod", "instances: [{statusURL: http://a:1}]"),
			`sluice.yaml:7:17: an instance without an adminURL
	hint: in standalone mode each instance has its own Admin API: set adminURL: http://HOST:9180`},
		{"one instance in two groups", smallest + "  jp: {type: apisix-standalone, adminKeyFile: key, environment: prod, instances: [{adminURL: http://eu:9180}]}\n",
			`sluice.yaml:4:71: gateway groups "eu" and "jp" have the same adminURL
	first set at sluice.yaml:3:18
	hint: each group needs its own Admin API: they would remove each other's resources`},
		{"an instance of API7 with more than its health", group("type: api7", "adminURL: https://ee:7443", "adminKeyFile: key", "environment: prod",
			"instances: [{statusURL: http://a:1, workers: 4}, {controlURL: http://b:1}]"), `sluice.yaml:8:17: an instance of type api7 has a statusURL and nothing else
	hint: write {statusURL: http://HOST:7085}: Sluice asks it for its health, and the control plane for the rest
sluice.yaml:8:54: an instance of type api7 has a statusURL and nothing else
	hint: write {statusURL: http://HOST:7085}: Sluice asks it for its health, and the control plane for the rest`},
		{"api7 without an address", group("type: api7", "adminKeyFile: key", "environment: prod"), `sluice.yaml:3:3: "adminURL" is missing
	hint: write adminURL: https://HOST:7443`},
		{"one group of API7 for two", "repository: {url: /repo}\ngatewayGroups:\n" +
			"  a: {type: api7, adminURL: https://ee:7443, adminKeyFile: key, environment: uat, gatewayGroup: x}\n" +
			"  b: {type: api7, adminURL: https://ee:7443, adminKeyFile: key, environment: prod, gatewayGroup: x}\n",
			`sluice.yaml:4:29: gateway groups "a" and "b" have the same adminURL
	first set at sluice.yaml:3:29
	hint: each group needs its own Admin API: they would remove each other's resources`},
		{"an instance that is none", good("instances: [{statusURL: here}]"), `sluice.yaml:7:17: not the address of an API
	hint: write http://HOST:PORT or https://HOST:PORT`},
		{"a name", smallest + "  e u: {adminURL: http://us:9180, adminKeyFile: key, environment: prod}\n",
			`sluice.yaml:4:3: "e u" is not a name for a gateway group
	hint: use letters, digits, dots, _ and -, beginning with a letter or digit`},
		{"an environment outside", group("adminURL: http://eu:9180", "adminKeyFile: key", "environment: ../evil"),
			`sluice.yaml:6:18: "../evil" is not a name for an environment
	hint: use letters, digits, dots, _ and -, beginning with a letter or digit`},
		{"a root outside", strings.Replace(smallest, "git}", "git, root: ../x}", 1), `sluice.yaml:1:60: "../x" leads out of the repository
	hint: write a path inside the repository, as config`},
		{"a glob", smallest + "allow: {env: [\"[\"]}\n", `sluice.yaml:4:9: "[" is not a glob
	hint: use *, ? and [a-z]`},
		{"where to listen", smallest + "listen: here\n", `sluice.yaml:4:9: "here" is not an address to listen on
	hint: write HOST:PORT, as 127.0.0.1:8080`},
		{"no keyring", "repository: {url: /r, verify: {keyring: key}}\n" + smallest[strings.Index(smallest, "gatewayGroups"):],
			`sluice.yaml:1:41: "HERE/key" is not a directory
	hint: name the directory that holds it`},
		{"Vault without a login", smallest + "secrets: {vault: {address: https://vault:8200}}\n", `sluice.yaml:4:11: "tokenFile" is missing
	hint: name the file that holds the token, or kubernetes: {role: NAME}`},
		{"Vault with a token in clear", smallest + "secrets: {vault: {address: vault:8200, token: s3cret}}\n", `sluice.yaml:4:11: "tokenFile" is missing
	hint: name the file that holds the token, or kubernetes: {role: NAME}
sluice.yaml:4:28: not the address of an API
	hint: write http://HOST:PORT or https://HOST:PORT
sluice.yaml:4:40: "token" must not hold a secret in clear
	hint: put it into a file and name that with tokenFile; then change the secret, it was readable here`},
		{"a directory of secrets", smallest + "secrets: {dir: key}\n", `sluice.yaml:4:16: "HERE/key" is not a directory
	hint: name the directory that holds it`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			house(t, test.text)
			_, faults := Load("sluice.yaml")
			got := strings.ReplaceAll(faults.Error(), here(t, ""), "HERE")
			if strings.HasSuffix(test.want, ": ") {
				if !strings.HasPrefix(got, test.want) {
					t.Errorf("got %q, want it to begin with %q", got, test.want)
				}
				return
			}
			check(t, "faults", test.want, got)
			if strings.Contains(got, "s3cret") || strings.Contains(got, "edd1c9") {
				t.Error("a fault shows a secret")
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	house(t, "")
	_, faults := Load("none.yaml")
	check(t, "faults", "none.yaml: read settings: open none.yaml: no such file or directory", faults.Error())
}

func TestIsPath(t *testing.T) {
	for url, want := range map[string]bool{
		"https://a/b": false, "ssh://git@a/b": false, "git@a:b/c.git": false, "file:///a": false, "": false,
		"/a/b": true, "../a": true, "a/b:c": true, "a": true,
	} {
		check(t, url, want, isPath(url))
	}
}
