package standalone_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// TestSettleWaitsAndDoesNotClaimToKnow where nobody can be asked what was taken.
func TestSettleWaitsAndDoesNotClaimToKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, func(cfg *standalone.Config) { cfg.SettleTime = 3 * time.Second })
		live(t, g)
		write(t, g, upstream(t, "u"))
		started := time.Now()
		confirmed, err := g.Settle(t.Context(), upstreams("u"))
		if confirmed || err != nil || time.Since(started) != 3*time.Second {
			t.Errorf("confirmed %v, err %v after %v", confirmed, err, time.Since(started))
		}
	})
}

// TestSettleGivesARestartedInstanceItsConfigurationBack, and waits again for it.
func TestSettleGivesARestartedInstanceItsConfigurationBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"))
		n.servers[1].Restart()
		started := time.Now()
		if _, err := g.Settle(t.Context(), upstreams("u")); err != nil || time.Since(started) != 2*time.Second {
			t.Errorf("err %v after %v", err, time.Since(started))
		}
		if len(n.items(t, 1, "upstreams")) != 1 || g.Refills() != 1 {
			t.Errorf("%d refills", g.Refills())
		}
	})
}

func TestSettleNoticesWhatSomebodyElseWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"))
		n.push(t, 1, "theirs", `{}`)
		if _, err := g.Settle(t.Context(), upstreams("u")); classOf(err) != gateway.Moved || !strings.Contains(err.Error(), host(1)) {
			t.Errorf("err = %v", err)
		}
	})
}

// TestSettleGivesUp names the instance that never gets ready.
func TestSettleGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		status := roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/status/ready" {
				return respond(req, http.StatusServiceUnavailable, http.Header{}, ""), nil
			}
			return n.RoundTrip(req)
		})
		g := n.group(t, func(cfg *standalone.Config) {
			cfg.Transport, cfg.Instances[0].StatusURL = status, "http://gw-0:7085/"
		})
		live(t, g)
		write(t, g, upstream(t, "u"))
		started := time.Now()
		_, err := g.Settle(t.Context(), upstreams("u"))
		if classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), host(0)+": 503") || time.Since(started) > time.Minute {
			t.Errorf("err = %v after %v", err, time.Since(started))
		}
	})
}

// TestStoppedWhileItWaits: the caller's end is an answer, and nothing was sent.
func TestStoppedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1, nil)
		g := n.group(t, func(cfg *standalone.Config) { cfg.Spacing = time.Hour })
		live(t, g)
		write(t, g, upstream(t, "u"))
		ctx, stop := contextFor(t, time.Minute)
		defer stop()
		err := g.Write(ctx, []gateway.Resource{upstream(t, "v")}, nil)
		if classOf(err) != gateway.Unreachable || !errors.Is(err, ctx.Err()) || len(n.puts) != 1 {
			t.Errorf("err = %v, %d puts", err, len(n.puts))
		}
		if _, err := g.Settle(ctx, nil); classOf(err) != gateway.Unreachable {
			t.Errorf("settle: %v", err)
		}
		if _, err := g.Live(ctx); classOf(err) != gateway.Unreachable {
			t.Errorf("live: %v", err)
		}
	})
}

// TestTheInstancesConfirm asks real listeners: workers that lag, a control API and a status.
func TestTheInstancesConfirm(t *testing.T) {
	var servers []*embedded.Gateway
	cfg := standalone.Config{Name: "eu", Spacing: time.Nanosecond, SettleTime: time.Hour,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }}
	for range 2 {
		server, err := embedded.Start(embedded.Config{AdminKey: adminKey, Standalone: true, ControlAddr: "127.0.0.1:0", StatusAddr: "127.0.0.1:0",
			Workers: 3, Lag: func(worker int, _ gateway.Kind) time.Duration { return time.Duration(worker+1) * 50 * time.Millisecond }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		servers = append(servers, server)
		cfg.Instances = append(cfg.Instances, standalone.Instance{
			AdminURL: server.AdminURL(), ControlURL: server.ControlURL(), StatusURL: server.StatusURL(), Workers: 3})
	}
	g, err := standalone.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if version, err := g.Version(t.Context()); version != "3.18.0" || err != nil {
		t.Errorf("version %q, %v", version, err)
	}
	live(t, g)
	write(t, g, upstream(t, "u"), route(t, "r1", "/a"), route(t, "r2", "/b"))
	keys := []gateway.Key{{Kind: "upstreams", ID: "u"}, {Kind: "routes", ID: "r1"}, {Kind: "routes", ID: "r2"}}
	confirm(t, g, keys)
	for name, change := range map[string]func() error{
		"update": func() error { return g.Put(t.Context(), route(t, "r1", "/c")) },
		"delete": func() error { return g.Delete(t.Context(), keys[2]) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		confirm(t, g, keys)
		if took := time.Since(started); took < 40*time.Millisecond {
			t.Errorf("%s confirmed after %v, before any worker had it", name, took)
		}
	}
	servers[1].Restart()
	confirm(t, g, keys)
	if g.Refills() != 1 {
		t.Errorf("%d refills", g.Refills())
	}
}

func confirm(t *testing.T, g *standalone.Gateway, keys []gateway.Key) {
	t.Helper()
	if confirmed, err := g.Settle(t.Context(), keys); !confirmed || err != nil {
		t.Errorf("confirmed %v, %v", confirmed, err)
	}
}
