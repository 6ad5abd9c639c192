package api7

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Config says where a gateway group is and how to speak to it. URL and Token are needed, and Group unless the token is the
// admin key of a group; the rest has defaults.
type Config struct {
	Name string // for logs
	URL  string // of the dashboard, as https://ee:7443
	// Token is called for each request, so that a token can be rotated. It must be safe for several goroutines at once. It
	// gives a token of a user (a7ee…), or the admin key of a gateway group (a7adm-…), which implies the group.
	Token      func() (gateway.Secret, error)
	Group      string        // the gateway group's exact name, or its id
	Parallel   int           // requests at the same time; 0 means 16
	Timeout    time.Duration // for one request with its answer; 0 means 30 s
	SettleTime time.Duration // how long Settle waits, since the instances can't be asked; 0 means 3 s
	Retries    int           // how often a request is repeated; 0 means 5, a negative number never
	// Publish says that services are published, under ids that are the gateway group's own, and never written directly.
	Publish bool
	// PublishVersion names the version that is published for a commit; needed with Publish. When a commit needs several
	// versions of one service, "-2", "-3" … is added.
	PublishVersion func(commit string) string
	TLS            admin.TLS         // for https; not used when Transport is set
	Transport      http.RoundTripper // nil means an own one that reuses connections
	// Around stands around the transport of requests to the Admin API; see admin.Config.
	Around func(http.RoundTripper) http.RoundTripper
	Log    *zap.Logger // nil means none
}

// Gateway is one gateway group. It is safe for use by several goroutines at once.
type Gateway struct {
	*link
	commit string // what a published version is named after; empty before At
}

// link is what all views of a gateway group have in common.
type link struct {
	client *admin.Client
	cfg    Config
	base   string // the dashboard, without a slash at the end

	groups   groupCache
	defaults defaultCache
	leftover leftovers
	rounds   rounds
	doubts   doubts
	newer    newerKinds
	marks    marks
}

// New checks cfg and returns a Gateway. It speaks to nobody yet.
func New(cfg Config) (*Gateway, error) {
	base, err := admin.Base(cfg.URL, "")
	if err != nil {
		return nil, err
	}
	client, err := admin.NewClient(admin.Config{
		Name: cfg.Name, Key: cfg.Token, Parallel: cfg.Parallel, Timeout: cfg.Timeout, Retries: cfg.Retries,
		TLS: cfg.TLS, Transport: cfg.Transport, Around: cfg.Around, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	cfg.Parallel = client.Config().Parallel
	if cfg.SettleTime <= 0 {
		cfg.SettleTime = 3 * time.Second
	}
	return &Gateway{link: &link{
		client: client, cfg: cfg, base: strings.TrimSuffix(base, "/apisix/admin"),
		defaults: defaultCache{fetching: make(chan struct{}, 1)},
		leftover: leftovers{has: map[string]bool{}, waiting: map[string]map[string]bool{}},
		rounds:   rounds{next: map[string]*round{}, gates: map[string]*sync.Mutex{}},
	}}, nil
}

// At returns a view of the same gateway group that names what it publishes after a commit. It costs nothing, and is needed only
// where services are published.
func (g *Gateway) At(commit string) *Gateway { return &Gateway{link: g.link, commit: commit} }
