package conformance_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/conformance"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

const adminKey = "conformance-test-key"

func start(t *testing.T, config embedded.Config) (conformance.Target, *apisix.Gateway) {
	t.Helper()
	config.AdminKey, config.ProxyAddr, config.ControlAddr = adminKey, "127.0.0.1:0", "127.0.0.1:0"
	gw, err := embedded.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gw.Close() })
	client, err := apisix.New(apisix.Config{AdminURL: gw.AdminURL(), AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }})
	if err != nil {
		t.Fatal(err)
	}
	target := conformance.Target{
		AdminURL: gw.AdminURL(), AdminKey: gateway.NewSecret("", adminKey), ProxyURL: gw.ProxyURL(), ControlURL: gw.ControlURL(),
		Workers: 2, Settle: time.Millisecond,
	}
	return target, client
}

func live(t *testing.T, client *apisix.Gateway) gateway.State {
	t.Helper()
	state, err := client.Live(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestTheEmbeddedGatewayConforms runs the whole suite, as anyone would against a real gateway.
func TestTheEmbeddedGatewayConforms(t *testing.T) {
	for _, version := range []string{"3.18.0", "3.13.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			config := embedded.Config{Version: version}
			if version == "3.18.0" {
				config.Lag = lag(5 * time.Millisecond)
			}
			target, client := start(t, config)
			target.Settle = 10 * time.Millisecond
			results, err := conformance.Run(t.Context(), target, nil)
			if err != nil {
				t.Error(err)
			}
			passed := 0
			for _, result := range results {
				switch result.Outcome {
				case conformance.Passed:
					passed++
				case conformance.Failed:
					t.Errorf("%s: %s", result.Check, result.Note)
				default:
					t.Logf("%s: left out: %s", result.Check, result.Note)
				}
			}
			if passed < 70 {
				t.Errorf("only %d of %d checks passed", passed, len(results))
			}
			if left := live(t, client); len(left) > 0 {
				t.Errorf("left on the gateway: %v", left.Keys())
			}
		})
	}
}

// TestASickGatewayIsSeen breaks the Admin API in several ways, and wants the suite to tell.
func TestASickGatewayIsSeen(t *testing.T) {
	for name, sick := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"deletes nothing":          func(_ http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodDelete },
		"takes unknown plugins in": func(_ http.ResponseWriter, r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "_unknown") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _ := start(t, embedded.Config{Intercept: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodGet && sick(w, r) {
						w.Header().Set("Content-Type", "application/json")
						_, _ = w.Write([]byte(`{"key":"/apisix/routes/x","value":{},"deleted":"1"}`))
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			target.ProxyURL, target.ControlURL = "", ""
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			failed := 0
			_, err := conformance.Run(ctx, target, func(r conformance.Result) {
				if r.Outcome == conformance.Failed {
					failed++
					cancel() // one is enough
				}
			})
			if failed == 0 {
				t.Errorf("nothing is seen; err = %v", err)
			}
		})
	}
}

// TestForeignResourcesAreRefusedOrLeftAlone: nothing is written where others' resources are, and with leave they are not touched.
func TestForeignResourcesAreRefusedOrLeftAlone(t *testing.T) {
	var written atomic.Int64
	target, client := start(t, embedded.Config{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			global := strings.Contains(r.URL.Path, "/global_rules/") || strings.Contains(r.URL.Path, "/plugin_metadata/")
			if global && r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/theirs") {
				written.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}})
	theirs := gateway.Resource{Key: gateway.Key{Kind: gateway.Upstreams, ID: "theirs"}, Spec: map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}}}
	rule := gateway.Resource{Key: gateway.Key{Kind: gateway.GlobalRules, ID: "theirs"}, Spec: map[string]any{"plugins": map[string]any{"prometheus": map[string]any{}}}}
	for _, r := range []gateway.Resource{theirs, rule} {
		if err := client.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	before := live(t, client)
	if results, err := conformance.Run(t.Context(), target, nil); !errors.Is(err, conformance.ErrForeign) || len(results) > 0 {
		t.Fatalf("%d checks, %v", len(results), err)
	}
	target.AllowForeign = true
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	leftOut := 0
	_, err := conformance.Run(ctx, target, func(r conformance.Result) {
		if r.Outcome == conformance.Failed {
			t.Errorf("%s: %s", r.Check, r.Note)
		}
		if r.Outcome == conformance.Skipped && strings.Contains(r.Note, "act on their traffic") {
			leftOut++
		}
		if strings.HasPrefix(r.Check, "plugin ") {
			cancel() // the rest is as before
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an end in the middle is told as %v", err)
	}
	if n := written.Load(); n > 0 || leftOut != 2 {
		t.Errorf("%d global rules and metadata were written where others have traffic, and %d checks left out", n, leftOut)
	}
	if after := live(t, client); !slices.Equal(after.Keys(), before.Keys()) || after.Digest() != before.Digest() {
		t.Errorf("before %v, after %v", before.Keys(), after.Keys())
	}
}

// TestWhatAnEarlierRunLeftIsRemoved: a run that was killed leaves resources, which the next one takes away.
func TestWhatAnEarlierRunLeftIsRemoved(t *testing.T) {
	target, client := start(t, embedded.Config{})
	of := func(kind gateway.Kind, id string, spec map[string]any) gateway.Resource {
		return gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	nodes := map[string]any{"127.0.0.1:1": int64(1)}
	plain := of(gateway.Routes, conformance.Prefix+"list3", map[string]any{"uri": "/x", "plugins": map[string]any{}})
	upstream := of(gateway.Upstreams, conformance.Prefix+"traffic", map[string]any{"nodes": nodes})
	bridge := of(gateway.Routes, "sluice-bridge-0123", map[string]any{"uri": "/x", "upstream_id": upstream.Key.ID})
	detour := of(gateway.Upstreams, "sluice-detour-"+conformance.Prefix+"traffic-0123", map[string]any{"nodes": nodes})
	logs := of(gateway.PluginMetadata, "http-logger", map[string]any{"log_format": map[string]any{conformance.Prefix + "mark": "1"}})
	for _, left := range []gateway.Resource{plain, upstream, bridge, detour, logs} {
		if err := client.Put(t.Context(), left); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := conformance.Run(ctx, target, func(conformance.Result) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if state := live(t, client); len(state) > 0 {
		t.Errorf("left: %v", state.Keys())
	}
	// What somebody else is at work with is no leftover.
	theirs := of(gateway.Routes, "sluice-bridge-4567", map[string]any{"uri": "/theirs", "plugins": map[string]any{}})
	if err := client.Put(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	if _, err := conformance.Run(t.Context(), target, nil); !errors.Is(err, conformance.ErrForeign) {
		t.Errorf("a bridge of somebody else is told as %v", err)
	}
}

// TestLostRequestsAreSeen: where workers lag and nothing waits for them, requests are lost, and the suite tells.
func TestLostRequestsAreSeen(t *testing.T) {
	slow := func(_ int, kind gateway.Kind) time.Duration {
		if kind == gateway.Routes {
			return 0
		}
		return 300 * time.Millisecond
	}
	target, _ := start(t, embedded.Config{Lag: slow})
	target.ControlURL = ""
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lost := ""
	_, _ = conformance.Run(ctx, target, func(r conformance.Result) {
		if strings.HasPrefix(r.Check, "traffic") && r.Outcome == conformance.Failed {
			lost = r.Note
			cancel()
		}
	})
	if !strings.Contains(lost, "requests went wrong") {
		t.Errorf("no request was lost: %q", lost)
	}
}

// lag delays each worker by a random time.
func lag(most time.Duration) func(int, gateway.Kind) time.Duration {
	return func(int, gateway.Kind) time.Duration { return rand.N(most) }
}
