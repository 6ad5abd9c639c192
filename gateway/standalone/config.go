package standalone

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// DefaultDocumentLimit is the size in bytes of the shared memory in which an instance keeps its document.
const DefaultDocumentLimit = 10 << 20

// Config says where the instances of a gateway group are and how to speak to them. Instances and AdminKey are needed; the rest
// has defaults.
type Config struct {
	Name      string // for logs
	Instances []Instance
	// AdminKey is called for each request, so that a key can be rotated. It must be safe for several goroutines at once.
	AdminKey   func() (gateway.Secret, error)
	Spacing    time.Duration // least time between two documents for one instance; 0 means 2 s, as the stream proxy looks once a second
	SettleTime time.Duration // how long Settle waits where it can't ask; 0 means 1 s
	// DocumentLimit is the size of the instances' shared memory standalone-config, in bytes; 0 means DefaultDocumentLimit. A
	// document that would fill more than fifteen sixteenths of it is refused before it is sent.
	DocumentLimit int
	// NoRefill makes Live only read: an instance that lost its configuration stays as it is. It is for commands that must not write.
	NoRefill  bool
	Timeout   time.Duration     // for one request with its answer; 0 means 30 s
	Retries   int               // how often a request is repeated; 0 means 5, a negative number never
	TLS       admin.TLS         // for https; not used when Transport is set
	Transport http.RoundTripper // nil means an own one that reuses connections
	// Around stands around the transport of requests to the Admin API; see admin.Config.
	Around func(http.RoundTripper) http.RoundTripper
	Log    *zap.Logger // nil means none
}

// Instance is one gateway process of the group. AdminURL is needed.
type Instance struct {
	AdminURL   string // http://eu-1:9180; without a path /apisix/admin is meant
	StatusURL  string // http://eu-1:7085; empty when it can't be asked whether it is ready
	ControlURL string // http://eu-1:9090; empty when it can't be asked what it has taken
	ProxyURL   string // http://eu-1:9080; not used by this package
	Workers    int    // how many processes serve; 0 when nobody knows: then nothing is ever confirmed
}

// Gateway is one gateway group. It is safe for use by several goroutines at once; reads and writes take turns.
type Gateway struct {
	cfg       Config
	client    *admin.Client
	log       *zap.Logger
	instances []*instance
	turn      chan struct{} // holds one token while the fields below and those of the instances are used

	truth *document // what every instance should have; nil until an instance was found to have one
	high  versions  // the highest version ever seen of each section
	stale error     // why nothing may be written before the next Live or Read; nil when it may

	refills atomic.Int64
}

// New checks cfg and returns a Gateway. It speaks to nobody yet.
func New(cfg Config) (*Gateway, error) {
	if len(cfg.Instances) == 0 {
		return nil, errors.New("gateway group " + cfg.Name + ": no instances")
	}
	client, err := admin.NewClient(admin.Config{
		Name: cfg.Name, Key: cfg.AdminKey, Timeout: cfg.Timeout, Retries: cfg.Retries,
		TLS: cfg.TLS, Transport: cfg.Transport, Around: cfg.Around, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	filled := client.Config()
	cfg.Timeout, cfg.Transport, cfg.Log = filled.Timeout, filled.Transport, filled.Log
	cfg.Spacing = cmp.Or(max(cfg.Spacing, 0), 2*time.Second)
	cfg.SettleTime = cmp.Or(max(cfg.SettleTime, 0), time.Second)
	cfg.DocumentLimit = cmp.Or(max(cfg.DocumentLimit, 0), DefaultDocumentLimit)
	g := &Gateway{cfg: cfg, client: client, log: cfg.Log.With(zap.String("group", cfg.Name)), turn: make(chan struct{}, 1), high: versions{}}
	for _, at := range cfg.Instances {
		if err := g.add(at); err != nil {
			return nil, fmt.Errorf("gateway group %s: %w", cfg.Name, err)
		}
	}
	return g, nil
}

func (g *Gateway) add(at Instance) error {
	base, err := admin.Base(at.AdminURL, "/apisix/admin")
	if err != nil {
		return err
	}
	parsed, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("adminURL: %w", err)
	}
	for _, other := range g.instances {
		if other.base == base {
			return fmt.Errorf("instance %s: it is there twice", parsed.Host)
		}
	}
	at.StatusURL, at.ControlURL = strings.TrimRight(at.StatusURL, "/"), strings.TrimRight(at.ControlURL, "/")
	g.instances = append(g.instances, &instance{Instance: at, base: base, name: parsed.Host})
	return nil
}

// Refills returns how often an instance was given back a document that it had lost or not taken, since the start.
func (g *Gateway) Refills() int64 { return g.refills.Load() }
