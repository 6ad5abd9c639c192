package settings

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// Etcd says where the journal is that several replicas share. It is used when there are endpoints.
type Etcd struct {
	Endpoints    []string      `yaml:"endpoints"`    // https://HOST:2379, or http://
	Prefix       string        `yaml:"prefix"`       // of all keys; /sluice when it is not set
	CAFile       string        `yaml:"caFile"`       // PEM, trusted instead of the system's authorities
	CertFile     string        `yaml:"certFile"`     // PEM: the client certificate; none when it is not set
	KeyFile      string        `yaml:"keyFile"`      // PEM: its private key
	Username     string        `yaml:"username"`     // nobody logs in when it is not set
	PasswordFile string        `yaml:"passwordFile"` // the password of Username
	Lease        time.Duration `yaml:"lease"`        // how long a silent leader stays leader; 15 s when it is not set
	Timeout      time.Duration `yaml:"timeout"`      // for one request; 5 s when it is not set
	Spread       bool          `yaml:"spread"`       // each gateway group is worked at by the replica that holds it, not by the leader
}

// Used reports whether the journal is in etcd.
func (e Etcd) Used() bool { return len(e.Endpoints) > 0 }

// Password reads the password of Username; it is the zero Secret when none is named.
func (e Etcd) Password() (gateway.Secret, error) {
	if e.PasswordFile == "" {
		return gateway.Secret{}, nil
	}
	text, err := readSecret(e.PasswordFile)
	if err == nil && text == "" {
		err = fmt.Errorf("%s is empty", e.PasswordFile)
	}
	if err != nil {
		return gateway.Secret{}, fmt.Errorf("read the password for etcd: %w", err)
	}
	return gateway.NewSecret("", text), nil
}

func (e *Etcd) complete(dir string) {
	if !e.Used() {
		return
	}
	e.Prefix = cmp.Or(e.Prefix, "/sluice")
	e.Lease = cmp.Or(e.Lease, 15*time.Second)
	e.Timeout = cmp.Or(e.Timeout, 5*time.Second)
	for _, file := range []*string{&e.CAFile, &e.CertFile, &e.KeyFile, &e.PasswordFile} {
		*file = from(dir, *file)
	}
}

// shortestLease is what etcd grants at the least.
const shortestLease = 2 * time.Second

func (c *checker) etcd(s Settings) {
	e, at := s.Journal.Etcd, func(key string) []string { return []string{"journal", "etcd", key} }
	written := c.root.Get("journal").Get("etcd")
	if !e.Used() {
		if written != nil && !written.IsNull() {
			c.missing("write endpoints: [https://HOST:2379]", at("endpoints")...)
		}
		return
	}
	if c.root.Get("journal").Get("path") != nil {
		c.fault("exclusive-keys", "keep one of the two", `"path" and "etcd" exclude each other`, "journal", "path")
	}
	for _, endpoint := range e.Endpoints {
		c.web(c.place(at("endpoints")...), endpoint)
	}
	if !strings.HasPrefix(e.Prefix, "/") || strings.Trim(e.Prefix, "/") == "" {
		c.fault("bad-path", "write prefix: /sluice", quote(e.Prefix)+" is not a prefix for keys", at("prefix")...)
	}
	c.etcdLogin(e, at)
	if e.Lease < shortestLease {
		c.fault("bad-number", "write 2s or more; 15s is usual", e.Lease.String()+" is too short for a lease", at("lease")...)
	}
	if e.Timeout < 0 {
		c.fault("bad-number", "write a time above 0", e.Timeout.String()+" is too short", at("timeout")...)
	}
	c.shared(s)
}

func (c *checker) etcdLogin(e Etcd, at func(string) []string) {
	c.exists(e.CAFile, at("caFile")...)
	c.exists(e.CertFile, at("certFile")...)
	c.key(e.KeyFile, at("keyFile")...)
	c.key(e.PasswordFile, at("passwordFile")...)
	if (e.CertFile == "") != (e.KeyFile == "") {
		c.fault("missing-key", "set both or neither", `"certFile" and "keyFile" belong together`, "journal", "etcd")
	}
	if (e.Username == "") != (e.PasswordFile == "") {
		c.fault("missing-key", "set both or neither", `"username" and "passwordFile" belong together`, "journal", "etcd")
	}
}

// shared refuses gateways that live in one replica: the others can't reach them, and would each have their own.
func (c *checker) shared(s Settings) {
	for _, name := range s.names() {
		if s.GatewayGroups[name].Type == Embedded {
			c.fault("embedded-replica", "use a gateway that all replicas reach, or journal: {path: FILE} and one daemon",
				"an embedded gateway runs inside one replica, and a journal in etcd is for several", "gatewayGroups", name, "type")
		}
	}
}
