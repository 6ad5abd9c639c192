package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says how to speak to an Admin API. Key is needed; the rest has defaults.
type Config struct {
	Name string // of the gateway group, for logs
	// Key is called for each request, so that it can be rotated. It must be safe for several goroutines at once.
	Key       func() (gateway.Secret, error)
	Parallel  int               // requests at the same time; 0 means 16
	Timeout   time.Duration     // for one request with its answer; 0 means 30 s
	Retries   int               // how often a request is repeated; 0 means 5, a negative number never
	TLS       TLS               // for https; not used when Transport is set
	Transport http.RoundTripper // nil means an own one that reuses connections
	// Around stands around the transport of requests to the Admin API, for who counts them; those of barriers don't go through it. Nil:
	// nothing does. What it returns may be a Retries.
	Around func(http.RoundTripper) http.RoundTripper
	Log    *zap.Logger // nil means none
}

// Retries is told of each request that is sent once more.
type Retries interface {
	Retried(op string)
}

// Client sends requests to one Admin API. It is safe for use by several goroutines at once.
type Client struct {
	cfg   Config
	http  *http.Client
	slots chan struct{} // one for each request that may be under way
	log   *zap.Logger
}

// NewClient checks cfg and returns a Client. It speaks to nobody yet.
func NewClient(cfg Config) (*Client, error) {
	if cfg.Key == nil {
		return nil, errors.New("gateway group " + cfg.Name + ": no admin key")
	}
	cfg = cfg.withDefaults()
	if cfg.Transport == nil {
		transport, err := NewTransport(cfg.TLS, cfg.Parallel)
		if err != nil {
			return nil, fmt.Errorf("gateway group %s: %w", cfg.Name, err)
		}
		cfg.Transport = transport
	}
	sent := cfg.Transport
	if cfg.Around != nil {
		sent = cfg.Around(sent)
	}
	return &Client{
		cfg: cfg, log: cfg.Log.With(zap.String("group", cfg.Name)), slots: make(chan struct{}, cfg.Parallel),
		http: &http.Client{Transport: sent, CheckRedirect: StayHere},
	}, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Parallel = cmp.Or(max(cfg.Parallel, 0), 16)
	cfg.Timeout = cmp.Or(max(cfg.Timeout, 0), 30*time.Second)
	cfg.Retries = cmp.Or(cfg.Retries, 5)
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	return cfg
}

// Config returns the configuration with its defaults filled in.
func (cl *Client) Config() Config { return cl.cfg }

// Log returns the logger, which names the gateway group.
func (cl *Client) Log() *zap.Logger { return cl.log }

// StayHere is a CheckRedirect that follows no redirect: the admin key would go along to wherever it leads.
func StayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Base returns the address of an Admin API without a slash at the end. Where the text has no path, path is meant.
func Base(text, path string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The text is not repeated: a password may stand in it.
		return "", errors.New("not the adminURL of an Admin API: want http://HOST:PORT or https://HOST:PORT")
	}
	if u.User != nil || u.RawQuery != "" {
		return "", fmt.Errorf("adminURL of %s: want no user and no query in it", u.Host)
	}
	return u.Scheme + "://" + u.Host + cmp.Or(strings.TrimRight(u.EscapedPath(), "/"), path), nil
}
