package apisix_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// lagging is a gateway whose last worker may be late.
type lagging struct {
	client *apisix.Gateway
	server *embedded.Gateway
	config apisix.Config
	lag    atomic.Int64 // nanoseconds
}

// newLagging starts one that allows a sentinel; change may say otherwise.
func newLagging(t *testing.T, change func(*apisix.Config)) *lagging {
	t.Helper()
	l := &lagging{}
	server, err := embedded.Start(embedded.Config{
		AdminKey: key, ProxyAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0", Workers: 2,
		Lag: func(worker int, _ gateway.Kind) time.Duration {
			return time.Duration(worker) * time.Duration(l.lag.Load())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	l.server = server
	l.config = apisix.Config{
		Name: "eu", AdminURL: server.AdminURL(), SettleTime: time.Millisecond, Sentinel: apisix.Sentinel{Path: "/sluice-sentinel"},
		AdminKey:  func() (gateway.Secret, error) { return gateway.NewSecret("", key), nil },
		Instances: []apisix.Instance{{ProxyURL: server.ProxyURL(), Workers: 2}},
	}
	if change != nil {
		change(&l.config)
	}
	l.client = l.another(t, nil)
	return l
}

// another makes one more client for the same gateway.
func (l *lagging) another(t *testing.T, change func(*apisix.Config)) *apisix.Gateway {
	t.Helper()
	cfg := l.config
	if change != nil {
		change(&cfg)
	}
	g, err := apisix.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestBarrierProof says by what each kind is confirmed, and that a confirmed barrier has waited for the worker that is late.
func TestBarrierProof(t *testing.T) {
	const lag = 120 * time.Millisecond
	plugins := map[string]any{"request-id": map[string]any{}}
	nodes := map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}}
	route := one(t, "routes/r", "uri", "/a", "upstream", nodes)
	service, shared := one(t, "services/s"), one(t, "plugin_configs/p", "plugins", plugins)
	upstream, alice := one(t, "upstreams/u", "nodes", nodes["nodes"]), one(t, "consumers/alice")
	sentinel := func(*apisix.Config) {}
	control := func(c *apisix.Config) { c.Sentinel = apisix.Sentinel{} }
	tests := []struct {
		name      string
		control   bool
		change    func(*apisix.Config)
		write     []gateway.Resource
		confirmed bool
		waits     bool // for the worker that is late
	}{
		{"sentinel: routes, services, plugin configs", false, sentinel, []gateway.Resource{shared, service, route}, true, true},
		{"sentinel: a plugin config alone", false, sentinel, []gateway.Resource{shared}, true, true},
		{"sentinel: a service alone", false, sentinel, []gateway.Resource{service}, true, true},
		{"sentinel: a route alone", false, sentinel, []gateway.Resource{route}, true, true},
		{"sentinel: an upstream is not confirmed", false, sentinel, []gateway.Resource{upstream}, false, false},
		{"sentinel: beside an upstream it is waited for", false, sentinel, []gateway.Resource{upstream, service}, false, true},
		{"control: routes, services, upstreams", true, control, []gateway.Resource{upstream, service, route}, true, true},
		{"control: a plugin config is not confirmed", true, control, []gateway.Resource{shared}, false, false},
		{"both: a plugin config is", true, sentinel, []gateway.Resource{shared, upstream}, true, true},
		{"both: a consumer is not", true, sentinel, []gateway.Resource{alice, upstream}, false, true},
		{"neither", false, control, []gateway.Resource{route}, false, false},
		{"a second instance that nobody can ask", false, func(c *apisix.Config) {
			c.Instances = append(c.Instances, apisix.Instance{StatusURL: "http://eu-2"})
		}, []gateway.Resource{route}, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLagging(t, nil)
			if test.control {
				l.config.Instances[0].ControlURL = l.server.ControlURL()
			}
			g := l.another(t, test.change)
			if err := warm(t, g); err != nil {
				t.Fatal(err)
			}
			l.lag.Store(int64(lag))
			before := time.Now()
			put(t, g, test.write...)
			confirmed, err := g.Settle(t.Context(), keysOf(test.write))
			if took := time.Since(before); err != nil || confirmed != test.confirmed || (took >= lag) != test.waits {
				t.Errorf("confirmed %v, %v, after %v; want %v, and to wait for %v is %v", confirmed, err, took, test.confirmed, lag, test.waits)
			}
			live, err := g.Live(t.Context())
			if err != nil || len(live) != len(test.write) {
				t.Errorf("live shows %v, %v", live.Keys(), err)
			}
		})
	}
}

// warm makes the sentinel be there already, as after the first barrier of a process.
func warm(t *testing.T, g *apisix.Gateway) error {
	_, err := g.Settle(t.Context(), []gateway.Key{{Kind: gateway.Routes, ID: "none"}})
	return err
}

// TestSentinelIsNobodysBusiness holds that Live and Read leave it out, that it can be asked for again after it was taken away,
// and that a client that may have none takes it away.
func TestSentinelIsNobodysBusiness(t *testing.T) {
	l := newLagging(t, nil)
	changed := []gateway.Key{{Kind: gateway.Routes, ID: "r"}}
	if confirmed, err := l.client.Settle(t.Context(), changed); !confirmed || err != nil {
		t.Fatalf("%v, %v", confirmed, err)
	}
	own := []gateway.Key{{Kind: gateway.PluginConfigs, ID: "sluice-sentinel"}, {Kind: gateway.Services, ID: "sluice-sentinel"}, {Kind: gateway.Routes, ID: "sluice-sentinel"}}
	if live, err := l.client.Live(t.Context()); err != nil || len(live) != 0 {
		t.Errorf("live shows %v, %v", live.Keys(), err)
	}
	if read, err := l.client.Read(t.Context(), own); err != nil || len(read) != 0 {
		t.Errorf("read shows %v, %v", read.Keys(), err)
	}
	if got := l.stored(t); got != 3 {
		t.Errorf("%d resources are stored, want the three of the sentinel", got)
	}
	strict := l.another(t, func(c *apisix.Config) { c.Sentinel = apisix.Sentinel{} })
	if _, err := strict.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	if confirmed, err := strict.Settle(t.Context(), changed); confirmed || err != nil {
		t.Errorf("%v, %v", confirmed, err)
	}
	if got := l.stored(t); got != 0 {
		t.Errorf("%d resources of a sentinel that is not allowed stay", got)
	}
}

// TestRetiringSparesAStranger: of three resources with the sentinel's id one is a user's, and stays.
func TestRetiringSparesAStranger(t *testing.T) {
	l := newLagging(t, nil)
	if err := warm(t, l.client); err != nil {
		t.Fatal(err)
	}
	stranger := one(t, "plugin_configs/sluice-sentinel", "plugins", map[string]any{"cors": map[string]any{}})
	put(t, l.client, stranger)
	strict := l.another(t, func(c *apisix.Config) { c.Sentinel = apisix.Sentinel{} })
	if _, err := strict.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := warm(t, strict); err != nil {
		t.Fatal(err)
	}
	live, err := strict.Live(t.Context())
	if err != nil || len(live) != 1 || live[stranger.Key].Spec == nil || l.stored(t) != 1 {
		t.Errorf("live has %v, %v, and %d are stored; want the stranger alone", live.Keys(), err, l.stored(t))
	}
}

// stored counts what the Admin API has, the sentinel included.
func (l *lagging) stored(t *testing.T) (found int) {
	t.Helper()
	for _, kind := range []string{"routes", "services", "plugin_configs"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.AdminURL()+"/apisix/admin/"+kind+"/sluice-sentinel", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-KEY", key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			found++
		}
	}
	return found
}

// TestSentinelSparesAStranger: a route that happens to have the id stays as it is; the barrier then goes by time.
func TestSentinelSparesAStranger(t *testing.T) {
	l := newLagging(t, nil)
	stranger := one(t, "routes/sluice-sentinel", "uri", "/mine", "labels", map[string]any{gateway.ManagedBy: gateway.ManagedBySluice},
		"upstream", map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}})
	put(t, l.client, stranger)
	if confirmed, err := l.client.Settle(t.Context(), []gateway.Key{stranger.Key}); confirmed || err != nil {
		t.Errorf("%v, %v", confirmed, err)
	}
	live, err := l.client.Live(t.Context())
	if err != nil || live[stranger.Key].Spec["uri"] != "/mine" {
		t.Errorf("live has %v, %v", live, err)
	}
}

// TestSentinelKeptOut: where a rule keeps the sentinel's requests out, barriers go by time and are not confirmed.
func TestSentinelKeptOut(t *testing.T) {
	l := newLagging(t, func(c *apisix.Config) { c.SettleTime = 50 * time.Millisecond })
	rule := one(t, "global_rules/g", "plugins", map[string]any{"key-auth": map[string]any{}})
	put(t, l.client, rule)
	changed := []gateway.Key{{Kind: gateway.Routes, ID: "r"}}
	began := time.Now()
	if confirmed, err := l.client.Settle(t.Context(), changed); confirmed || err != nil {
		t.Errorf("%v, %v", confirmed, err)
	}
	if took := time.Since(began); took < l.config.SettleTime {
		t.Errorf("the barrier took %v, less than the settle time", took)
	}
	remove(t, l.client, rule)
	for range 100 { // until every worker is without the rule
		if confirmed, err := l.client.Settle(t.Context(), changed); err != nil {
			t.Fatal(err)
		} else if confirmed {
			return
		}
	}
	t.Error("not confirmed after the rule is gone")
}
