package apisix_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// pair is a gateway with two clients: ours, and one of somebody else.
type pair struct {
	ours, theirs *apisix.Gateway
	requests     atomic.Int64
}

func newPair(t *testing.T, version string) *pair {
	p := &pair{}
	cfg := embedded.Config{Version: version, Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.requests.Add(1)
			next.ServeHTTP(w, r)
		})
	}}
	p.ours = start(t, cfg, func(c *apisix.Config) {
		theirs, err := apisix.New(*c)
		if err != nil {
			t.Fatal(err)
		}
		p.theirs = theirs
	})
	return p
}

func one(t *testing.T, name string, pairs ...any) gateway.Resource {
	t.Helper()
	key, err := gateway.ParseKey(name)
	if err != nil {
		t.Fatal(err)
	}
	spec := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		spec[pairs[i].(string)] = pairs[i+1]
	}
	return gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
}

func put(t *testing.T, g *apisix.Gateway, resources ...gateway.Resource) {
	t.Helper()
	for _, r := range resources {
		if err := g.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, g *apisix.Gateway, r gateway.Resource) {
	t.Helper()
	if err := g.Delete(t.Context(), r.Key); err != nil {
		t.Fatal(err)
	}
}

func TestMoved(t *testing.T) {
	nodes := map[string]any{"127.0.0.1:1": int64(1)}
	before, after := one(t, "upstreams/u", "nodes", nodes), one(t, "upstreams/u", "nodes", nodes, "retries", int64(2))
	alice := one(t, "consumers/alice", "plugins", map[string]any{"key-auth": map[string]any{"key": "k"}})
	credential := one(t, "credentials/alice/c", "plugins", map[string]any{"basic-auth": map[string]any{"username": "a", "password": "b"}})
	metadata := one(t, "plugin_metadata/http-logger", "log_format", map[string]any{"h": "$host"})
	all := []gateway.Resource{before, alice, credential, metadata}
	tests := []struct {
		name string
		do   func(p *pair)
		keys []gateway.Resource
		want []gateway.Resource
	}{
		{"nothing happened", func(*pair) {}, all, nil},
		{"they write", func(p *pair) { put(t, p.theirs, after) }, all, []gateway.Resource{before}},
		{"they write the same again", func(p *pair) { put(t, p.theirs, before) }, all, []gateway.Resource{before}},
		{"they delete", func(p *pair) { remove(t, p.theirs, before) }, all, []gateway.Resource{before}},
		{"they write what is not asked for", func(p *pair) { put(t, p.theirs, after) }, []gateway.Resource{alice}, nil},
		{"they create what was not there", func(p *pair) { put(t, p.theirs, one(t, "upstreams/new", "nodes", nodes)) },
			[]gateway.Resource{one(t, "upstreams/new"), one(t, "upstreams/other")}, []gateway.Resource{one(t, "upstreams/new")}},
		{"they change a credential", func(p *pair) {
			changed := credential
			changed.Spec = map[string]any{"plugins": map[string]any{"basic-auth": map[string]any{"username": "a", "password": "c"}}}
			put(t, p.theirs, changed)
		}, all, []gateway.Resource{credential}},
		{"they change metadata", func(p *pair) {
			put(t, p.theirs, one(t, "plugin_metadata/http-logger", "log_format", map[string]any{"h": "$uri"}))
		}, all, []gateway.Resource{metadata}},
		{"we write", func(p *pair) { put(t, p.ours, after) }, all, nil},
		{"we create", func(p *pair) { put(t, p.ours, one(t, "upstreams/new", "nodes", nodes)) }, []gateway.Resource{one(t, "upstreams/new")}, nil},
		{"we delete", func(p *pair) { remove(t, p.ours, before) }, all, nil},
		{"we delete a consumer, and its credential goes with it", func(p *pair) { remove(t, p.ours, alice) }, all, nil},
		{"we write, they write something else", func(p *pair) { put(t, p.ours, after); put(t, p.theirs, before) }, all, []gateway.Resource{before}},
		{"we write, they write the same", func(p *pair) { put(t, p.ours, after); put(t, p.theirs, after) }, all, nil},
		{"we write, they delete", func(p *pair) { put(t, p.ours, after); remove(t, p.theirs, after) }, all, []gateway.Resource{before}},
		{"we delete, they create it again", func(p *pair) { remove(t, p.ours, before); put(t, p.theirs, before) }, all, []gateway.Resource{before}},
		{"we write everything, they nothing", func(p *pair) { put(t, p.ours, all...) }, all, nil},
		{"they write, we read again", func(p *pair) {
			put(t, p.theirs, after)
			if _, err := p.ours.Read(t.Context(), []gateway.Key{before.Key}); err != nil {
				t.Fatal(err)
			}
		}, all, nil},
	}
	for _, version := range []string{"3.13.0", "3.18.0"} {
		for _, test := range tests {
			t.Run(version+" "+test.name, func(t *testing.T) {
				p := newPair(t, version)
				put(t, p.theirs, all...)
				if _, err := p.ours.Live(t.Context()); err != nil {
					t.Fatal(err)
				}
				test.do(p)
				for range 2 { // what was learnt by looking must not hide anything
					moved, err := p.ours.Moved(t.Context(), keysOf(test.keys))
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(keysOf(test.want), moved); diff != "" {
						t.Errorf("moved (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

func keysOf(resources []gateway.Resource) (keys []gateway.Key) {
	for _, r := range resources {
		keys = append(keys, r.Key)
	}
	return keys
}

// TestWhatWasNeverReadHasNotMoved holds for a client that knows nothing, and for one that read a single key.
func TestWhatWasNeverReadHasNotMoved(t *testing.T) {
	p := newPair(t, "")
	u, v := one(t, "upstreams/u", "nodes", map[string]any{"127.0.0.1:1": int64(1)}), one(t, "upstreams/v", "nodes", map[string]any{"127.0.0.1:1": int64(1)})
	if _, err := p.ours.Read(t.Context(), []gateway.Key{v.Key}); err != nil {
		t.Fatal(err)
	}
	put(t, p.theirs, u, v)
	moved, err := p.ours.Moved(t.Context(), []gateway.Key{u.Key, v.Key})
	if err != nil || len(moved) != 1 || moved[0] != v.Key {
		t.Errorf("moved %v, %v, want upstreams/v alone, which was read as absent", moved, err)
	}
}

// TestMovedIsCheap holds that many keys cost a list or two, and few a read each.
func TestMovedIsCheap(t *testing.T) {
	p := newPair(t, "")
	nodes := map[string]any{"127.0.0.1:1": int64(1)}
	put(t, p.theirs, one(t, "upstreams/there", "nodes", nodes))
	if _, err := p.ours.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	var keys []gateway.Key
	for i := range 5000 {
		keys = append(keys, gateway.Key{Kind: gateway.Upstreams, ID: fmt.Sprint("u", i)}, gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint("r", i)},
			gateway.Key{Kind: gateway.Consumers, ID: fmt.Sprint("c", i)}, gateway.Key{Kind: gateway.Credentials, ID: fmt.Sprintf("c%d/k", i)})
	}
	put(t, p.theirs, one(t, "upstreams/u7", "nodes", nodes))
	for _, test := range []struct {
		keys []gateway.Key
		most int64
	}{{keys, 4}, {keys[:8], 8}, {nil, 0}} {
		before := p.requests.Load()
		moved, err := p.ours.Moved(t.Context(), test.keys)
		if err != nil {
			t.Fatal(err)
		}
		if asked := p.requests.Load() - before; asked > test.most {
			t.Errorf("%d requests for %d keys, want no more than %d", asked, len(test.keys), test.most)
		}
		if len(test.keys) == len(keys) && (len(moved) != 1 || moved[0].ID != "u7") {
			t.Errorf("moved %v", moved)
		}
	}
}

// TestALostWriteIsNotForeign: what nobody knows to be written is no proof of somebody else.
func TestALostWriteIsNotForeign(t *testing.T) {
	var broken atomic.Bool
	g := start(t, embedded.Config{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if broken.Load() && !strings.Contains(r.URL.Path, "schema") {
				if r.Method == http.MethodPut {
					next.ServeHTTP(discard{http.Header{}}, r)
				}
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}}, func(c *apisix.Config) { c.Retries = -1; c.Timeout = 5 * time.Second })
	if _, err := g.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := one(t, "upstreams/u", "nodes", map[string]any{"127.0.0.1:1": int64(1)})
	broken.Store(true)
	if err := g.Put(t.Context(), u); err == nil {
		t.Fatal("no error without an answer")
	}
	broken.Store(false)
	if moved, err := g.Moved(t.Context(), []gateway.Key{u.Key}); err != nil || len(moved) != 0 {
		t.Errorf("moved %v, %v", moved, err)
	}
}

// discard is an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
