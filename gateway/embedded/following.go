package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

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

// announce makes each worker ready once it has taken everything published so far. The caller holds the store's lock.
func (g *Gateway) announce() {
	for _, w := range g.workers {
		if w.queues == nil {
			w.ready.Store(true)
			continue
		}
		var left atomic.Int64
		left.Store(int64(len(w.queues)))
		for _, q := range w.queues {
			q.add(queued{do: func() {
				if left.Add(-1) == 0 {
					w.ready.Store(true)
				}
			}})
		}
	}
}

// Quiesce returns when every worker has taken every write that was answered before the call, or with the context's error.
func (g *Gateway) Quiesce(ctx context.Context) error {
	var marks []chan struct{}
	g.store.locked(func() {
		for _, w := range g.workers {
			for _, q := range w.queues {
				mark := make(chan struct{})
				marks = append(marks, mark)
				q.add(queued{do: func() { close(mark) }, dropped: func() { close(mark) }})
			}
		}
	})
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

// Restart is what a restart of the gateway does to its memory, while the listeners stay open at their addresses. In
// standalone mode everything is forgotten: requests find no route and /status/ready says so, until a document is put. With
// a store every worker reads it afresh, by id, before it serves again. Counters of limits begin anew in both.
func (g *Gateway) Restart() {
	g.document.mu.Lock()
	defer g.document.mu.Unlock()
	g.document.content = content{}
	g.store.locked(func() {
		if g.cfg.Standalone {
			g.store.forget()
		}
		g.limiters.reset()
		for _, w := range g.workers {
			for _, q := range w.queues {
				q.clear()
			}
			w.restart(g.store.everything())
			w.ready.Store(!g.cfg.Standalone)
		}
	})
}

// anyWorker picks the worker that serves a request, as the kernel does between the real one's processes.
func (g *Gateway) anyWorker() *worker { return g.workers[rand.IntN(len(g.workers))] }
