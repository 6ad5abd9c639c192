package apisix

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Live reads everything: all kinds, the credentials of every consumer. It returns the whole state or an error, never part of
// one. A kind that the gateway has switched off has no resources. The sentinel of Config.Sentinel is not among them. Errors
// are *gateway.Error.
func (g *Gateway) Live(ctx context.Context) (gateway.State, error) {
	began, live := g.marks.now(), newCollected()
	if err := g.allLists(ctx, live); err != nil {
		return nil, err
	}
	if err := g.allCredentials(ctx, live); err != nil {
		return nil, err
	}
	g.marks.readAll(began, live.indexes)
	return live.state, nil
}

func (g *Gateway) allLists(ctx context.Context, live *collected) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, kind := range gateway.Kinds() {
		switch kind {
		case gateway.Credentials:
		case gateway.PluginMetadata:
			tasks.Go(func() error { return g.metadataInto(ctx, nil, live) })
		default:
			tasks.Go(func() error { return g.listInto(ctx, kind, g.list(kind), live) })
		}
	}
	return tasks.Wait()
}

func (g *Gateway) allCredentials(ctx context.Context, live *collected) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, key := range live.state.Keys() {
		if key.Kind == gateway.Consumers {
			tasks.Go(func() error { return g.listInto(ctx, gateway.Credentials, g.credentials(key.ID), live) })
		}
	}
	return tasks.Wait()
}

// Read reads only these keys; what isn't there is not in the state. Errors are *gateway.Error.
func (g *Gateway) Read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	began, live := g.marks.now(), newCollected()
	wanted := map[gateway.Key]bool{}
	metadata := false
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, key := range keys {
		if wanted[key] {
			continue
		}
		wanted[key] = true
		if key.Kind == gateway.PluginMetadata {
			metadata = true
			continue
		}
		tasks.Go(func() error { return g.oneInto(ctx, key, live) })
	}
	if metadata {
		tasks.Go(func() error { return g.metadataInto(ctx, wanted, live) })
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	for key := range wanted {
		g.marks.read(began, key, live.indexes[key])
	}
	return live.state, nil
}

// collected is a state that several goroutines fill, and the modification index of each resource in it.
type collected struct {
	mu      sync.Mutex
	state   gateway.State
	indexes map[gateway.Key]int64
}

func newCollected() *collected {
	return &collected{state: gateway.State{}, indexes: map[gateway.Key]int64{}}
}

// addTo adds what was read, but for the sentinel.
func (g *Gateway) addTo(live *collected, read ...indexed) {
	live.mu.Lock()
	defer live.mu.Unlock()
	for _, r := range read {
		if isSentinel(r.Resource) {
			g.noteSentinel()
			continue
		}
		live.state[r.Key], live.indexes[r.Key] = r.Resource, r.index
	}
}

// indexed is a resource with the modification index that it was read with.
type indexed struct {
	gateway.Resource
	index int64
}

func (g *Gateway) oneInto(ctx context.Context, key gateway.Key, live *collected) error {
	return g.client.Retry(ctx, admin.Call{Op: "read", Key: key}, func() *admin.Failure {
		r, found, f := g.one(ctx, key)
		if f == nil && found {
			g.addTo(live, r)
		}
		return f
	})
}

// metadataInto reads plugin metadata, all of it when wanted is nil. It takes the list to know what there is, since APISIX 3.13
// answers 500 for what isn't, and then each by itself, since the list of 3.18 has ciphertext where a single one is in clear.
func (g *Gateway) metadataInto(ctx context.Context, wanted map[gateway.Key]bool, live *collected) error {
	all := newCollected()
	if err := g.listInto(ctx, gateway.PluginMetadata, g.list(gateway.PluginMetadata), all); err != nil {
		return err
	}
	for key := range all.state {
		if wanted != nil && !wanted[key] {
			continue
		}
		if err := g.oneInto(ctx, key, live); err != nil {
			return err
		}
	}
	return nil
}

// one asks once for one resource.
func (g *Gateway) one(ctx context.Context, key gateway.Key) (r indexed, found bool, f *admin.Failure) {
	entry, found, f := g.entry(ctx, key)
	if f != nil || !found {
		return indexed{}, false, f
	}
	read, err := entry.resource(key)
	if err != nil {
		c := admin.Call{Op: "read", Key: key}
		return indexed{}, false, c.Fail(gateway.Unreachable, http.StatusOK, err.Error(), err)
	}
	return indexed{read, entry.ModifiedIndex}, true, nil
}

func (g *Gateway) entry(ctx context.Context, key gateway.Key) (e entry, found bool, f *admin.Failure) {
	c := admin.Call{Op: "read", Key: key, Method: http.MethodGet}
	var err error
	if c.URL, err = g.address(key); err != nil {
		return e, false, c.Fail(gateway.Refused, 0, err.Error(), err)
	}
	c.Take = func(header http.Header, body io.Reader) (err error) {
		e, err = readEntry(header, body)
		return err
	}
	f = g.client.Once(ctx, c)
	if f != nil && (errors.Is(f.Err, admin.ErrAbsent) || switchedOff(f) || orphaned(f)) {
		return e, false, nil
	}
	return e, f == nil, f
}

// orphaned reports whether a credential can't be there since its consumer isn't.
func orphaned(f *admin.Failure) bool {
	return f.Key.Kind == gateway.Credentials && f.Status == http.StatusNotFound && f.Reason == "consumer not found"
}

// switchedOff reports whether the gateway runs without the stream proxy, and so has no stream routes.
func switchedOff(f *admin.Failure) bool {
	return f.Key.Kind == gateway.StreamRoutes && f.Status == http.StatusBadRequest &&
		strings.HasPrefix(f.Reason, "stream mode is disabled")
}

// listInto reads one list whole.
func (g *Gateway) listInto(ctx context.Context, kind gateway.Kind, url string, live *collected) error {
	var read []indexed
	words := newWords()
	begin := func() { read = read[:0] }
	err := g.eachListed(ctx, kind, url, begin, func(key gateway.Key, e entry) error {
		r, err := e.resourceBy(key, words)
		read = append(read, indexed{r, e.ModifiedIndex})
		return err
	})
	if err == nil {
		g.addTo(live, read...)
	}
	return err
}
