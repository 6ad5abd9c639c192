package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says how a Gateway is built. The zero value is a gateway of the newest version with two workers and no listeners
// but that of the Admin API.
type Config struct {
	// AdminKey is what clients send as X-API-KEY. The empty key lets nobody in.
	AdminKey string
	// AdminAddr, ProxyAddr, TLSAddr and ControlAddr are addresses to listen on; port 0 takes any free one. An empty
	// address leaves that listener off, but for the Admin API, which then takes 127.0.0.1:0.
	AdminAddr, ProxyAddr, TLSAddr, ControlAddr string
	// Version is that of the gateway to be: "3.18.0", the default, stores what was sent; versions before 3.14 store the
	// defaults of the schemas too.
	Version string
	// Workers is how many workers serve requests, 2 when zero.
	Workers int
	// Lag says how long after a write a worker takes it; nil is no lag at all: a write is taken by all workers before it is
	// answered. It is called once for each event and worker, under the store's lock, and must not call the gateway.
	// Order holds within one kind of one worker, and nowhere else.
	Lag func(worker int, kind gateway.Kind) time.Duration
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

// storesDefaults reports whether the version writes the defaults of the schemas into what it stores, as those before 3.14
// do. What else sets the older version apart hangs on it too.
func (g *Gateway) storesDefaults() bool {
	var major, minor int
	if _, err := fmt.Sscanf(g.cfg.Version, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major < 3 || major == 3 && minor < 14
}

func (g *Gateway) startWorkers() {
	for number := range g.cfg.Workers {
		w := newWorker(number)
		g.workers = append(g.workers, w)
		if g.cfg.Lag == nil {
			continue
		}
		w.queues = map[gateway.Kind]*queue{}
		for _, kind := range gateway.Kinds() {
			q := newQueue()
			w.queues[kind] = q
			g.running.Go(func() { q.run(g.stop) })
		}
	}
}

// publish hands an event to every worker. The store calls it with its lock held, so events come in order.
func (g *Gateway) publish(e event) {
	if e.object == nil {
		g.limiters.forget(e.key)
	}
	for _, w := range g.workers {
		if w.queues == nil {
			w.take(e)
			continue
		}
		due := time.Now().Add(g.cfg.Lag(w.number, e.key.Kind))
		w.queues[e.key.Kind].add(queued{due: due, do: func() { w.take(e) }})
	}
	if g.state != nil {
		g.state.touch()
	}
}

// Quiesce returns when every worker has taken every write that was answered before the call, or with the context's error.
func (g *Gateway) Quiesce(ctx context.Context) error {
	if g.cfg.Lag == nil {
		return nil
	}
	var marks []chan struct{}
	for _, w := range g.workers {
		for _, q := range w.queues {
			mark := make(chan struct{})
			marks = append(marks, mark)
			q.add(queued{do: func() { close(mark) }})
		}
	}
	for _, mark := range marks {
		select {
		case <-mark:
		case <-g.stop:
			return errors.New("wait for the workers: the gateway is closed")
		case <-ctx.Done():
			return fmt.Errorf("wait for the workers: %w", ctx.Err())
		}
	}
	return nil
}

// anyWorker picks the worker that serves a request, as the kernel does between the real one's processes.
func (g *Gateway) anyWorker() *worker { return g.workers[rand.IntN(len(g.workers))] }
