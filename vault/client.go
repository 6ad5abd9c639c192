package vault

import (
	"cmp"
	"context"
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
)

// Config says where secrets are and how to log in. Address, and either TokenFile or Kubernetes, are needed.
type Config struct {
	Address   string // https://vault:8200
	Namespace string // of Vault Enterprise; empty: none
	Mount     string // of the KV engine; empty means "secret"
	Path      string // the directory within it; a secret NAME is read at PATH/NAME
	Field     string // the field that is the secret; empty means "value"
	TokenFile string // read at each request, so that an agent may renew it
	// Kubernetes logs in as the service account of the pod; the zero value does not.
	Kubernetes Kubernetes
	CAFile     string            // PEM, trusted instead of the system's authorities
	Keep       time.Duration     // how long a value is good that was read; 0 means 30 s
	Timeout    time.Duration     // for one request; 0 means 10 s
	Transport  http.RoundTripper // nil means an own one
}

// Kubernetes says as whom to log in by the Kubernetes auth method.
type Kubernetes struct {
	Role    string // empty: this method is not used
	Mount   string // of the auth method; empty means "kubernetes"
	JWTFile string // empty means that of the pod's service account
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// Client reads secrets. It is safe for use by several goroutines at once.
type Client struct {
	cfg  Config
	http *http.Client

	mu    sync.Mutex // held while a value is read: others wait for it and take it from kept
	kept  map[string]value
	down  value // the last time that Vault was out of reach: nobody is made to wait for that once more
	token lease
}

// value is what was read: a secret, or why there is none.
type value struct {
	text string
	err  error
	read time.Time
}

// New checks cfg and returns a Client. It speaks to nobody yet.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.Address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, errors.New("vault: want an address as https://HOST:8200")
	}
	if (cfg.TokenFile == "") == (cfg.Kubernetes.Role == "") {
		return nil, errors.New("vault: want either a token file or a Kubernetes role")
	}
	cfg.Address = strings.TrimRight(cfg.Address, "/")
	cfg.Mount, cfg.Field = cmp.Or(cfg.Mount, "secret"), cmp.Or(cfg.Field, "value")
	cfg.Keep, cfg.Timeout = cmp.Or(cfg.Keep, 30*time.Second), cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Kubernetes.Mount = cmp.Or(cfg.Kubernetes.Mount, "kubernetes")
	cfg.Kubernetes.JWTFile = cmp.Or(cfg.Kubernetes.JWTFile, serviceAccount)
	if cfg.Transport == nil {
		if cfg.Transport, err = newTransport(cfg.CAFile); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
	}
	return &Client{cfg: cfg, kept: map[string]value{}, http: &http.Client{
		Transport: cfg.Transport, Timeout: cfg.Timeout,
		// The token would go along to wherever a redirect leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func newTransport(caFile string) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if caFile == "" {
		return transport, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s: no PEM certificate in it", caFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return transport, nil
}

// failed is how long it is not tried again to read what could not be read: a render may ask for a thousand secrets, and each would
// wait for a Vault that does not answer.
const failed = 2 * time.Second

// Secret returns the secret called name. The error is fs.ErrNotExist when Vault has none, or says why it can't be read; it holds
// neither the secret nor the token. One with a method Temporary that reports true may pass by itself: Vault is out of reach.
func (c *Client) Secret(ctx context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, known := c.kept[name]
	good := c.cfg.Keep
	if kept.err != nil {
		good = min(failed, good)
	}
	if known && time.Since(kept.read) < good {
		return kept.text, kept.err
	}
	if c.down.err != nil && time.Since(c.down.read) < min(failed, c.cfg.Keep) {
		return "", c.down.err
	}
	text, err := c.read(ctx, name)
	if ctx.Err() == nil {
		c.kept[name] = value{text, err, time.Now()}
		c.down = value{}
		if _, away := errors.AsType[unreachable](err); away {
			c.down = c.kept[name]
		}
	}
	return text, err
}
