package settings

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
)

// The types of gateway groups.
const (
	APISIX     = "apisix"            // Apache APISIX with its Admin API, over etcd
	Standalone = "apisix-standalone" // Apache APISIX in API-driven standalone mode: each instance has its own Admin API
	API7       = "api7"              // API7 Enterprise
	Embedded   = "embedded"          // a gateway inside the daemon, for trials and tests
)

// GatewayGroup says where a gateway group is, how to log in to it and who may use it.
type GatewayGroup struct {
	Pos  diag.Pos `yaml:",pos"`
	Type string   `yaml:"type"` // APISIX when it is not set
	// AdminURL is the address of the Admin API, as https://eu-admin:9180, for API7 that of the dashboard. Required for both. Each
	// APISIX group has its own.
	AdminURL string `yaml:"adminURL"`
	// AdminKeyFile or AdminKeyEnv, one of the two, says where the admin key is, for API7 the token. For Embedded both may be empty.
	AdminKeyFile string        `yaml:"adminKeyFile"`
	AdminKeyEnv  string        `yaml:"adminKeyEnv"`
	Instances    []Instance    `yaml:"instances"`   // the data planes, as far as they are known
	Environment  string        `yaml:"environment"` // the only environment that may use the group; required
	Parallel     int           `yaml:"parallel"`    // requests at the same time; 16 when it is not set
	Timeout      time.Duration `yaml:"timeout"`     // for one request with its answer; 30 s when it is not set
	Settle       time.Duration `yaml:"settle"`      // the wait at a barrier where instances can't be asked; 1 s when not set, API7: 3 s
	Drain        time.Duration `yaml:"drain"`       // an extra wait before anything is removed; none when it is not set
	TLS          TLS           `yaml:"tls"`

	Sentinel Sentinel `yaml:"sentinel"` // APISIX only: the route that proves at a barrier what instances have taken

	Spacing       time.Duration `yaml:"spacing"`       // Standalone only: the time between two documents; 2 s when it is not set
	DocumentLimit int           `yaml:"documentLimit"` // Standalone only: what an instance takes, in bytes; 10 MiB when it is not set

	GatewayGroup string `yaml:"gatewayGroup"` // API7 only: the gateway group there, by name or id; the name of this group when not set
	Publish      bool   `yaml:"publish"`      // API7 only: publish services, with a version named after the commit

	Listen    Listen `yaml:"listen"`    // Embedded only
	StateFile string `yaml:"stateFile"` // Embedded only: keeps the configuration over a restart; empty: it is lost
	Version   string `yaml:"version"`   // Embedded only: the APISIX version to behave like; the newest when it is not set
	Workers   int    `yaml:"workers"`   // Embedded only: workers that follow the configuration by themselves; 0: its default
}

// Instance is one data plane of a group. It needs an address: AdminURL for Standalone, StatusURL for API7, which takes no other, and StatusURL,
// ControlURL or ProxyURL for APISIX.
type Instance struct {
	Pos        diag.Pos `yaml:",pos"`
	AdminURL   string   `yaml:"adminURL"`   // Standalone only: http://edge-1:9180, where its document is put
	StatusURL  string   `yaml:"statusURL"`  // http://eu-1:7085, for health
	ControlURL string   `yaml:"controlURL"` // http://eu-1:9090, for barriers that are confirmed
	ProxyURL   string   `yaml:"proxyURL"`   // http://eu-1:9080, where it takes traffic; for the sentinel
	Workers    int      `yaml:"workers"`    // its worker processes, 0 when not known: then barriers are never confirmed
}

// Sentinel allows a route of Sluice's own, which shows at a barrier which configuration an instance works with. The zero value
// allows none.
type Sentinel struct {
	Host string `yaml:"host"` // the host of the route; sluice-sentinel.invalid when it is not set
	Path string `yaml:"path"` // the path of the route, as /sluice-sentinel; the sentinel is allowed when it is set
}

// TLS says whom to trust and who we are. The zero value trusts the system's authorities and shows no certificate.
type TLS struct {
	CAFile             string `yaml:"caFile"`             // PEM, trusted instead of the system's authorities
	CertFile           string `yaml:"certFile"`           // PEM, the client certificate; together with KeyFile
	KeyFile            string `yaml:"keyFile"`            // PEM
	InsecureSkipVerify bool   `yaml:"insecureSkipVerify"` // trusts anyone; for trials only
}

// Listen holds the addresses of an embedded gateway, as 127.0.0.1:9180. An empty one is not opened.
type Listen struct {
	Admin   string `yaml:"admin"`
	Proxy   string `yaml:"proxy"`
	TLS     string `yaml:"tls"`
	Control string `yaml:"control"`
}
