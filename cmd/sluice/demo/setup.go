package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/sluice-gitops/sluice/environments/sample"
	"github.com/sluice-gitops/sluice/web/access"
)

// place is the directory that the demo lives in, and what it has set up there.
type place struct {
	dir      string
	repo     workTree
	backends []*backend
	groups   []group
	config   string // the daemon's own file
	listen   string // the page and the API
	token    string // makes whoever shows it an operator there; the daemon's file holds its hash
}

// group is a gateway group of the sample, with the addresses that it was given.
type group struct {
	Name, Environment          string
	Admin, Proxy, TLS, Control string
}

// domains are the names that the sample's environments serve.
var domains = map[string]string{"test": "test.acme.example", "uat": "uat.acme.example", "prod": "shop.acme.example"}

// setUp writes the config repo, the secrets and the daemon's file into dir, and starts the backends.
func setUp(ctx context.Context, dir string) (*place, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("set up the demo: %s is not empty; name a new directory, or none", dir)
	}
	p := &place{
		dir: dir, repo: workTree{filepath.Join(dir, "config-repo")}, config: filepath.Join(dir, "sluice-daemon.yaml"), token: access.NewToken(),
	}
	steps := []func() error{
		func() error { return sample.Write(p.repo.dir, nil) },
		p.startBackends, p.writeSecrets, p.giveAddresses, p.writeConfig,
		func() error { return p.repo.begin(ctx) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(fmt.Errorf("set up the demo: %w", err), p.close())
		}
	}
	return p, nil
}

func (p *place) close() error {
	for _, b := range p.backends {
		b.close()
	}
	return nil
}

// startBackends starts one for each environment and writes its address into the environment's variables.
func (p *place) startBackends() error {
	for environment, name := range map[string]string{
		"test": "backend.test.acme.internal:8080", "uat": "backend.uat.acme.internal:8080", "prod": "backend.acme.internal:8080",
	} {
		b, err := startBackend(environment)
		if err != nil {
			return err
		}
		p.backends = append(p.backends, b)
		if err := p.repo.edit("environments/"+environment+"/environment.yaml", name, b.address()); err != nil {
			return err
		}
	}
	return nil
}

// The callers of the sample and their keys, which exist in the demo's directory alone.
const (
	mobileKey  = "demo-mobile-app-key"
	globexKey  = "demo-globex-key"
	adminKey   = "demo-admin-key"
	secretMode = fs.FileMode(0o600)
)

func (p *place) writeSecrets() error {
	cert, key, err := certificate([]string{domains["test"], domains["uat"], domains["prod"]})
	if err != nil {
		return err
	}
	dir := filepath.Join(p.dir, "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"gw-mobile-app-key": mobileKey, "gw-globex-key": globexKey, "gw-tls-cert": string(cert), "gw-tls-key": string(key),
		"admin-key": adminKey,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), secretMode); err != nil {
			return err
		}
	}
	return nil
}

// giveAddresses finds free ports, so that the daemon's file can name them and the commands that the demo prints stay true.
func (p *place) giveAddresses() error {
	free := &ports{}
	defer free.release()
	for _, g := range []group{
		{Name: "test", Environment: "test"}, {Name: "uat", Environment: "uat"},
		{Name: "prod-eu", Environment: "prod"}, {Name: "prod-us", Environment: "prod"},
	} {
		g.Admin, g.Proxy, g.TLS, g.Control = free.next(), free.next(), free.next(), free.next()
		p.groups = append(p.groups, g)
	}
	p.listen = free.next()
	return free.err
}

// ports holds every port that it gives until all are given, so that none is given twice.
type ports struct {
	held []net.Listener
	err  error
}

func (f *ports) next() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.err = err
		return ""
	}
	f.held = append(f.held, listener)
	return listener.Addr().String()
}

func (f *ports) release() {
	for _, listener := range f.held {
		listener.Close()
	}
}

var configTemplate = template.Must(template.New("daemon").Parse(`# The daemon's own file: where things are, and what the config repo may name.
repository:
  url: {{.Repo}}
  branch: main
  poll: 2s
gatewayGroups:
{{- range .Groups}}
  {{.Name}}:
    type: embedded
    environment: {{.Environment}}
    adminKeyFile: secrets/admin-key
    listen: {admin: "{{.Admin}}", proxy: "{{.Proxy}}", tls: "{{.TLS}}", control: "{{.Control}}"}
    settle: 200ms
    drain: 200ms
{{- end}}
journal: {path: journal.ndjson}
listen: {{.Listen}}
access:
  open: true
  tokens:
    - {name: demo, role: operator, sha256: {{printf "%x" .Hash}}}
allow: {secrets: ["gw-*"]}
secrets: {dir: secrets}
drift: {interval: 2s}
log: {level: warn}
`))

func (p *place) writeConfig() error {
	var text strings.Builder
	err := configTemplate.Execute(&text, map[string]any{"Repo": p.repo.dir, "Groups": p.groups, "Listen": p.listen, "Hash": access.HashToken(p.token)})
	if err != nil {
		return err
	}
	return os.WriteFile(p.config, []byte(text.String()), 0o600)
}

// group returns the gateway group of that name.
func (p *place) group(name string) group {
	for _, g := range p.groups {
		if g.Name == name {
			return g
		}
	}
	return group{}
}
