package embedded

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// site is what the data plane needs of an ssl.
type site struct {
	names        []string
	certificates []tls.Certificate
	enabled      bool
	clientCA     *x509.CertPool // nil: clients need no certificate
	versions     []uint16
}

var tlsVersions = map[string]uint16{"TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}

func compileSSL(value map[string]any) *site {
	s := &site{
		names: lower(texts(value["snis"])), certificates: certificates(value),
		enabled: value["status"] != 0.0 && value["type"] != "client",
	}
	if name, ok := value["sni"].(string); ok {
		s.names = []string{strings.ToLower(name)}
	}
	client, _ := value["client"].(map[string]any)
	if ca, ok := client["ca"].(string); ok {
		s.clientCA = x509.NewCertPool()
		s.clientCA.AppendCertsFromPEM([]byte(ca))
	}
	for _, name := range texts(value["ssl_protocols"]) {
		s.versions = append(s.versions, tlsVersions[name])
	}
	return s
}

// sites finds the ssl of a server name. It is read-only once built.
type sites struct {
	version uint64
	byName  map[string]*site
}

// currentSites is to ssls what currentRouter is to routes. Of two ssls with one name the first to arrive serves.
func (w *worker) currentSites() *sites {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if known := w.sites.Load(); known != nil && known.version == w.certifying {
		return known
	}
	built := &sites{version: w.certifying, byName: map[string]*site{}}
	for _, o := range w.inOrder(gateway.SSLs) {
		found := o.parts.(*site)
		for _, name := range found.names {
			if _, taken := built.byName[name]; !taken && found.enabled {
				built.byName[name] = found
			}
		}
	}
	w.sites.Store(built)
	return built
}

// find looks for the name itself, then for the wildcard one label up.
func (s *sites) find(name string) *site {
	name = strings.ToLower(name)
	if found, ok := s.byName[name]; ok {
		return found
	}
	_, parent, _ := strings.Cut(name, ".")
	if found, ok := s.byName["*."+parent]; ok {
		return found
	}
	return s.byName["*"]
}

func (g *Gateway) tlsConfig() *tls.Config {
	return &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		found := g.anyWorker().currentSites().find(hello.ServerName)
		if found == nil || len(found.certificates) == 0 {
			return nil, fmt.Errorf("no certificate for %q", hello.ServerName)
		}
		return found.config(), nil
	}}
}

func (s *site) config() *tls.Config {
	config := &tls.Config{Certificates: s.certificates, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	if s.clientCA != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, s.clientCA
	}
	if len(s.versions) > 0 {
		config.MinVersion, config.MaxVersion = s.versions[0], s.versions[0]
		for _, version := range s.versions {
			config.MinVersion, config.MaxVersion = min(config.MinVersion, version), max(config.MaxVersion, version)
		}
	}
	return config
}
