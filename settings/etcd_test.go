package settings

import (
	"strings"
	"testing"
	"time"
)

const inEtcd = smallest + "journal:\n  etcd:\n    "

func TestEtcd(t *testing.T) {
	house(t, inEtcd+`endpoints: ["https://etcd-1:2379", "https://etcd-2:2379"]
    prefix: /gitops/sluice
    caFile: cert
    certFile: cert
    keyFile: key
    username: sluice
    passwordFile: key
    lease: 6s
    timeout: 1s
    spread: true
`)
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	check(t, "etcd", Etcd{
		Endpoints: []string{"https://etcd-1:2379", "https://etcd-2:2379"}, Prefix: "/gitops/sluice", CAFile: here(t, "cert"),
		CertFile: here(t, "cert"), KeyFile: here(t, "key"), Username: "sluice", PasswordFile: here(t, "key"), Lease: 6 * time.Second,
		Timeout: time.Second, Spread: true,
	}, got.Journal.Etcd)
	password, err := got.Journal.Etcd.Password()
	must(t, err)
	check(t, "password", "k3y", password.Reveal())
}

func TestEtcdDefaults(t *testing.T) {
	house(t, inEtcd+"endpoints: [http://etcd:2379]\n")
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	check(t, "etcd", Etcd{Endpoints: []string{"http://etcd:2379"}, Prefix: "/sluice", Lease: 15 * time.Second, Timeout: 5 * time.Second},
		got.Journal.Etcd)
	check(t, "mirror", "/var/lib/sluice/mirror.git", got.Repository.Mirror)
}

func TestEtcdFaults(t *testing.T) {
	const endpoints = "endpoints: [http://etcd:2379]\n    "
	tests := []struct {
		name, text, want string
	}{
		{"no endpoints", inEtcd + "lease: 6s\n", `5:3: "endpoints" is missing`},
		{"a password in an endpoint", inEtcd + "endpoints: [http://me:secret@etcd:2379]\n", "6:5: an address must not hold a user or a password"},
		{"no scheme", inEtcd + "endpoints: [etcd:2379]\n", "6:5: not the address of an API"},
		{"a bad prefix", inEtcd + endpoints + "prefix: sluice\n", `7:13: "sluice" is not a prefix for keys`},
		{"a short lease", inEtcd + endpoints + "lease: 1s\n", "7:12: 1s is too short for a lease"},
		{"half a certificate", inEtcd + endpoints + "certFile: cert\n", `5:3: "certFile" and "keyFile" belong together`},
		{"half a login", inEtcd + endpoints + "username: me\n", `5:3: "username" and "passwordFile" belong together`},
		{"a file as well", strings.Replace(inEtcd, "  etcd:", "  path: journal.db\n  etcd:", 1) + endpoints, `"path" and "etcd" exclude each other`},
		{"a gateway inside", "repository: {url: /repo}\ngatewayGroups:\n  eu: {type: embedded, environment: prod}\njournal: {etcd: {endpoints: [http://etcd:2379]}}\n",
			"3:14: an embedded gateway runs inside one replica, and a journal in etcd is for several"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			house(t, test.text)
			_, faults := Load("sluice.yaml")
			if text := faults.Error(); !strings.Contains(text, test.want) {
				t.Errorf("want %q in\n%s", test.want, text)
			}
			if strings.Contains(faults.Error(), "secret") {
				t.Errorf("a password is shown:\n%s", faults.Error())
			}
		})
	}
}
