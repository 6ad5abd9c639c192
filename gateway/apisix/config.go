package apisix

import (
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Config says where a gateway group is and how to speak to it. AdminURL and AdminKey are needed; the rest has defaults.
type Config struct {
	Name string // for logs
	// AdminURL is the address of the Admin API, as https://eu-admin:9180. Without a path /apisix/admin is meant.
	AdminURL string
	// AdminKey is called for each request, so that a key can be rotated. It must be safe for several goroutines at once.
	AdminKey   func() (gateway.Secret, error)
	Instances  []Instance    // the data planes, as far as they are known
	Sentinel   Sentinel      // the zero value allows none
	Parallel   int           // requests at the same time; 0 means 16
	Timeout    time.Duration // for one request with its answer; 0 means 30 s
	SettleTime time.Duration // how long Settle waits where it can't ask; 0 means 1 s
	// SettleLimit is how long an instance may take for what was written; 0 means 30 s.
	SettleLimit time.Duration
	Retries     int               // how often a request is repeated; 0 means 5, a negative number never
	TLS         admin.TLS         // for https; not used when Transport is set
	Transport   http.RoundTripper // nil means an own one that reuses connections
	// Around stands around the transport of requests to the Admin API; see admin.Config.
	Around func(http.RoundTripper) http.RoundTripper
	Log    *zap.Logger // nil means none
	// Tables is shared with other gateways that may tell the same of themselves; nil means that nothing is shared.
	Tables *Tables
}

// Instance is one data plane of the group.
type Instance struct {
	StatusURL  string // http://eu-1:7085; not used by this package
	ControlURL string // http://eu-1:9090; empty when the control API can't be reached
	ProxyURL   string // http://eu-1:9080, where the instance itself takes traffic; for the sentinel
	Workers    int    // how many processes serve; 0 when nobody knows: then nothing is ever confirmed
}

// Gateway is one gateway group. It is safe for use by several goroutines at once.
type Gateway struct {
	client *admin.Client
	cfg    Config
	base   string // the Admin API with its path, without a slash at the end
	marks  marks  // how everything was last read or written

	sentinel sentinel // what is known of it

	mu       sync.Mutex    // guards the table
	version  string        // that table belongs to
	table    *defaultTable // nil until Defaults was read
	read     time.Time     // when table began to be read
	fetching chan struct{} // holds one token while table is read
}

// New checks cfg and returns a Gateway. It speaks to nobody yet.
func New(cfg Config) (*Gateway, error) {
	base, err := admin.Base(cfg.AdminURL, "/apisix/admin")
	if err != nil {
		return nil, err
	}
	if err := cfg.Sentinel.check(); err != nil {
		return nil, err
	}
	client, err := admin.NewClient(admin.Config{
		Name: cfg.Name, Key: cfg.AdminKey, Parallel: cfg.Parallel, Timeout: cfg.Timeout, Retries: cfg.Retries,
		TLS: cfg.TLS, Transport: cfg.Transport, Around: cfg.Around, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	filled := client.Config()
	cfg.Parallel, cfg.Timeout, cfg.Transport = filled.Parallel, filled.Timeout, filled.Transport
	if cfg.SettleTime <= 0 {
		cfg.SettleTime = time.Second
	}
	if cfg.SettleLimit <= 0 {
		cfg.SettleLimit = 30 * time.Second
	}
	if cfg.Tables == nil {
		cfg.Tables = &Tables{}
	}
	return &Gateway{client: client, cfg: cfg, base: base, fetching: make(chan struct{}, 1)}, nil
}
