package apisix

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says where a gateway group is and how to speak to it. AdminURL and AdminKey are needed; the rest has defaults.
type Config struct {
	Name string // for logs
	// AdminURL is the address of the Admin API, as https://eu-admin:9180. Without a path /apisix/admin is meant.
	AdminURL string
	// AdminKey is called for each request, so that a key can be rotated. It must be safe for several goroutines at once.
	AdminKey   func() (gateway.Secret, error)
	Instances  []Instance        // the data planes, as far as they are known
	Parallel   int               // requests at the same time; 0 means 16
	Timeout    time.Duration     // for one request with its answer; 0 means 30 s
	SettleTime time.Duration     // how long Settle waits where it can't ask; 0 means 1 s
	Retries    int               // how often a request is repeated; 0 means 5, a negative number never
	TLS        TLS               // for https; not used when Transport is set
	Transport  http.RoundTripper // nil means an own one that reuses connections
	Log        *zap.Logger       // nil means none
}

// Instance is one data plane of the group.
type Instance struct {
	StatusURL  string // http://eu-1:7085; not used by this package
	ControlURL string // http://eu-1:9090; empty when the control API can't be reached
}

// TLS says whom to trust and who we are. The zero value trusts the system's authorities and shows no certificate.
type TLS struct {
	CAFile             string // PEM, trusted instead of the system's authorities
	CertFile, KeyFile  string // PEM, the client certificate
	InsecureSkipVerify bool   // trusts anyone; for trials only
}

// Gateway is one gateway group. It is safe for use by several goroutines at once.
type Gateway struct {
	cfg   Config
	base  string // the Admin API with its path, without a slash at the end
	http  *http.Client
	slots chan struct{} // one for each request that may be under way
	log   *zap.Logger

	mu       sync.Mutex
	version  string        // that table belongs to
	table    *defaultTable // nil until Defaults was read
	read     time.Time     // when table was read
	fetching chan struct{} // holds one token while table is read
}

// New checks cfg and returns a Gateway. It speaks to nobody yet.
func New(cfg Config) (*Gateway, error) {
	base, err := adminBase(cfg.AdminURL)
	if err != nil {
		return nil, err
	}
	if cfg.AdminKey == nil {
		return nil, errors.New("gateway group " + cfg.Name + ": no admin key")
	}
	cfg = withDefaults(cfg)
	if cfg.Transport == nil {
		if cfg.Transport, err = newTransport(cfg.TLS, cfg.Parallel); err != nil {
			return nil, fmt.Errorf("gateway group %s: %w", cfg.Name, err)
		}
	}
	return &Gateway{
		cfg: cfg, base: base, log: cfg.Log.With(zap.String("group", cfg.Name)), slots: make(chan struct{}, cfg.Parallel),
		http: &http.Client{Transport: cfg.Transport, CheckRedirect: stayHere}, fetching: make(chan struct{}, 1),
	}, nil
}

// stayHere follows no redirect: the admin key would go along to wherever it leads.
func stayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func adminBase(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The text is not repeated: a password may stand in it.
		return "", errors.New("not the adminURL of an Admin API: want http://HOST:PORT or https://HOST:PORT")
	}
	if u.User != nil || u.RawQuery != "" {
		return "", fmt.Errorf("adminURL of %s: want no user and no query in it", u.Host)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" {
		path = "/apisix/admin"
	}
	return u.Scheme + "://" + u.Host + path, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Parallel <= 0 {
		cfg.Parallel = 16
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.SettleTime <= 0 {
		cfg.SettleTime = time.Second
	}
	if cfg.Retries == 0 {
		cfg.Retries = 5
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	return cfg
}

func newTransport(files TLS, parallel int) (*http.Transport, error) {
	config, err := tlsConfig(files)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = parallel, parallel
	return transport, nil
}

func tlsConfig(files TLS) (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: files.InsecureSkipVerify}
	if files.CAFile != "" {
		pem, err := os.ReadFile(files.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %s: no PEM certificate in it", files.CAFile)
		}
	}
	if files.CertFile != "" || files.KeyFile != "" {
		cert, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, nil
}
