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

const (
	fewer = 64 // so many single reads cost about as much as a list of a thousand
	// listed is how many resources of a list cost as much as a single read.
	listed = 16
)

// look reads stored objects as they are: few of a kind each by itself, many by the list of their kind. It calls see for each
// that exists, one at a time. Errors are *gateway.Error.
func (g *Gateway) look(ctx context.Context, keys []gateway.Key, see func(gateway.Key, entry) error) error {
	l := looker{g: g, see: see}
	kinds, count := byKind(keys), g.marks.count()
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for kind, wanted := range kinds {
		switch {
		case kind == gateway.Credentials && len(wanted) > fewer:
			if err := l.credentials(ctx, wanted, tasks); err != nil {
				return errors.Join(err, tasks.Wait())
			}
		case kind == gateway.PluginMetadata:
			tasks.Go(func() error { return l.metadata(ctx, wanted) })
		case len(wanted) > max(fewer, count[kind]/listed):
			tasks.Go(func() error { return l.list(ctx, kind, g.list(kind), wanted) })
		default:
			for key := range wanted {
				tasks.Go(func() error { return l.one(ctx, key) })
			}
		}
	}
	return tasks.Wait()
}

func byKind(keys []gateway.Key) map[gateway.Kind]map[gateway.Key]bool {
	kinds := map[gateway.Kind]map[gateway.Key]bool{}
	for _, key := range keys {
		if kinds[key.Kind] == nil {
			kinds[key.Kind] = map[gateway.Key]bool{}
		}
		kinds[key.Kind][key] = true
	}
	return kinds
}

// looker is one look of a Gateway.
type looker struct {
	g   *Gateway
	mu  sync.Mutex
	see func(gateway.Key, entry) error
}

func (l *looker) found(key gateway.Key, e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.see(key, e)
}

func (l *looker) one(ctx context.Context, key gateway.Key) error {
	var found *entry
	c := admin.Call{Op: "read", Key: key}
	err := l.g.client.Retry(ctx, c, func() *admin.Failure {
		e, there, f := l.g.entry(ctx, key)
		if there {
			found = &e
		}
		return f
	})
	if err != nil || found == nil {
		return err
	}
	return unusable(c, l.found(key, *found))
}

// list reads one list whole before it shows what is wanted of it: a list that was cut short is read again.
func (l *looker) list(ctx context.Context, kind gateway.Kind, url string, wanted map[gateway.Key]bool) error {
	var entries map[gateway.Key]entry
	err := l.g.eachListed(ctx, kind, url, func() { entries = map[gateway.Key]entry{} }, func(key gateway.Key, e entry) error {
		if wanted[key] {
			entries[key] = e
		}
		return nil
	})
	if err != nil {
		return err
	}
	c := admin.Call{Op: "list", Key: gateway.Key{Kind: kind}}
	for key, e := range entries {
		if err := l.found(key, e); err != nil {
			return unusable(c, err)
		}
	}
	return nil
}

// metadata takes the list to know what there is, as metadataInto does.
func (l *looker) metadata(ctx context.Context, wanted map[gateway.Key]bool) error {
	there := looker{g: l.g, see: func(key gateway.Key, _ entry) error { return l.one(ctx, key) }}
	return there.list(ctx, gateway.PluginMetadata, l.g.list(gateway.PluginMetadata), wanted)
}

// credentials reads the credentials of those consumers that exist, a list for each.
func (l *looker) credentials(ctx context.Context, wanted map[gateway.Key]bool, tasks *errgroup.Group) error {
	owners := map[gateway.Key]bool{}
	for key := range wanted {
		username, _, _ := strings.Cut(key.ID, "/")
		owners[gateway.Key{Kind: gateway.Consumers, ID: username}] = true
	}
	var there []string
	consumers := looker{g: l.g, see: func(key gateway.Key, _ entry) error {
		there = append(there, key.ID)
		return nil
	}}
	if err := consumers.list(ctx, gateway.Consumers, l.g.list(gateway.Consumers), owners); err != nil {
		return err
	}
	for _, username := range there {
		tasks.Go(func() error { return l.list(ctx, gateway.Credentials, l.g.credentials(username), wanted) })
	}
	return nil
}

// eachListed reads one list whole, as it comes in. Begin is called before each try, take for each resource of it.
func (g *Gateway) eachListed(
	ctx context.Context, kind gateway.Kind, url string, begin func(), take func(gateway.Key, entry) error,
) error {
	c := admin.Call{Op: "list", Key: gateway.Key{Kind: kind}, Method: http.MethodGet, URL: url}
	c.Take = func(header http.Header, body io.Reader) error {
		begin()
		return readList(header, body, func(e entry) error {
			key, err := keyOf(kind, e.Key)
			if errors.Is(err, errNested) {
				return nil
			}
			if err != nil {
				return err
			}
			return take(key, e)
		})
	}
	return g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.client.Once(ctx, c)
		// Only credentials have no list while there are none.
		if f != nil && (kind == gateway.Credentials && errors.Is(f.Err, admin.ErrAbsent) || switchedOff(f)) {
			begin()
			return nil
		}
		return f
	})
}

// unusable makes an error of what was read a *gateway.Error; nil stays nil.
func unusable(c admin.Call, err error) error {
	if spoken := (*gateway.Error)(nil); err == nil || errors.As(err, &spoken) {
		return err
	}
	return c.Fail(gateway.Unreachable, http.StatusOK, err.Error(), err).Error
}
