package embedded

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says how a Gateway is built. The zero value is a gateway of the newest version with two workers and no listeners
// but that of the Admin API.
type Config struct {
	// AdminKey is what clients send as X-API-KEY, ViewerKey what those send who may only read. The empty key lets nobody in.
	AdminKey, ViewerKey string
	// AdminAddr, ProxyAddr, TLSAddr, ControlAddr and StatusAddr are addresses to listen on; port 0 takes any free one. An
	// empty address leaves that listener off, but for the Admin API, which then takes 127.0.0.1:0.
	AdminAddr, ProxyAddr, TLSAddr, ControlAddr, StatusAddr string
	// Standalone is the API-driven standalone mode of 3.18: the Admin API takes one document with everything, and keeps it
	// in memory only. A StateFile and an older version are refused with it.
	Standalone bool
	// ReadYAML reads a document of type application/yaml into maps, lists and scalars; nil refuses such documents. It is
	// a function because only one package of the house knows YAML.
	ReadYAML func([]byte) (any, error)
	// NoStream switches the stream proxy off: the Admin API then refuses stream routes.
	NoStream bool
	// Version is that of the gateway to be: "3.18.0", the default, stores what was sent; versions before 3.14 store the
	// defaults of the schemas too.
	Version string
	// Workers is how many workers serve requests, 2 when zero.
	Workers int
	// WriteCost says how long each write takes before it is answered; nil is no time at all. It is called for every request
	// of the Admin API that is no read, from many goroutines at once.
	WriteCost func() time.Duration
	// Lag says how long after a write a worker takes it; nil is no lag at all: a write is taken by all workers before it is
	// answered. It is called once for each event and worker, under the store's lock, and must not call the gateway.
	// Order holds within one kind of one worker, and nowhere else.
	Lag func(worker int, kind gateway.Kind) time.Duration
	// LaggingInUse makes the check whether something is still in use, at a delete, ask a worker rather than the store, as
	// the real gateway does: with a lag it refuses a moment too long, and may let go what has just come into use.
	LaggingInUse bool
	// StateFile keeps the store over a restart; empty keeps it in memory only. It is written soon after a change, and
	// by Close.
	StateFile string
	// Intercept wraps the Admin API, for tests that want faults; nil wraps nothing.
	Intercept func(http.Handler) http.Handler
	// Log takes what the gateway has to say; nil is silence.
	Log *zap.Logger
}

// Gateway is a running gateway. Every method is safe for concurrent use.
type Gateway struct {
	cfg       Config
	catalogue *catalogue
	store     *store
	workers   []*worker
	limiters  limiters
	proxy     http.Handler
	links     *links
	state     *stateFile // nil without a file
	document  document   // in standalone mode
	listeners listeners
	stop      chan struct{}
	stopped   sync.Once
	running   sync.WaitGroup
}

// New returns a gateway without listeners, for use by its handlers. It reads the state file. Close must be called.
func New(cfg Config) (*Gateway, error) {
	if cfg.Version == "" {
		cfg.Version = "3.18.0"
	}
	if cfg.Workers == 0 {
		cfg.Workers = 2
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if err := cfg.fits(); err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, stop: make(chan struct{}), limiters: limiters{byKey: map[string]*limiter{}}, links: newLinks()}
	read := newestCatalogue
	if g.storesDefaults() {
		read = olderCatalogue
	}
	var err error
	if g.catalogue, err = read(); err != nil {
		return nil, err
	}
	g.proxy = g.newProxy()
	g.store = newStore(g.publish)
	g.startWorkers()
	if cfg.StateFile != "" {
		if err := g.openState(); err != nil {
			return nil, errors.Join(err, g.Close())
		}
	}
	if !cfg.Standalone {
		g.store.locked(g.announce)
	}
	return g, nil
}

// Start is New with listeners. What it started is stopped again when one of them can't listen.
func Start(cfg Config) (*Gateway, error) {
	g, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if err := g.listen(); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Close stops the listeners and the workers, cuts the connections that are open, and writes the state file a last time.
// Requests that were under way end by themselves right after. A second call does nothing.
func (g *Gateway) Close() error {
	var err error
	g.stopped.Do(func() {
		err = g.listeners.close()
		close(g.stop)
		g.running.Wait()
		g.links.close()
		if g.state != nil {
			err = errors.Join(err, g.saveState())
		}
	})
	return err
}
