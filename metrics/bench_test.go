package metrics

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/trace"
)

const benchRoutes = 1000

// BenchmarkWatched writes 1,000 routes to a gateway over HTTP, with nobody looking on, and with all that counts and traces.
func BenchmarkWatched(b *testing.B) {
	b.Run("off", func(b *testing.B) { writeRoutes(b, b.Context(), nil, apply.Options{}) })
	b.Run("on", func(b *testing.B) {
		taken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		b.Cleanup(taken.Close)
		tracer, err := trace.New(b.Context(), trace.Config{Endpoint: taken.URL, Ratio: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = tracer.Close(context.Background()) })
		m := New(Config{})
		ctx, span := trace.Start(tracer.Commit(b.Context(), "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"), "apply")
		defer span.End(nil)
		watch := func(e apply.Event) {
			m.Wrote("prod", "eu", e)
			trace.Past(ctx, "write", time.Now(), e.Took, e.Err, trace.String("key", e.Change.Key.String()))
		}
		around := func(next http.RoundTripper) http.RoundTripper { return m.Transport("eu", next) }
		writeRoutes(b, ctx, around, apply.Options{Observe: watch})
	})
}

func writeRoutes(b *testing.B, ctx context.Context, around func(http.RoundTripper) http.RoundTripper, options apply.Options) {
	desired := gateway.State{}
	for i := range benchRoutes {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint("r", i)}
		desired[key] = gateway.Resource{Key: key, Spec: map[string]any{
			"uri": fmt.Sprintf("/%d/*", i), "upstream": map[string]any{"type": "roundrobin", "nodes": map[string]any{"127.0.0.1:80": int64(1)}},
		}}
	}
	for b.Loop() {
		b.StopTimer()
		server, err := embedded.Start(embedded.Config{AdminKey: "key"})
		if err != nil {
			b.Fatal(err)
		}
		client, err := apisix.New(apisix.Config{
			Name: "eu", AdminURL: server.AdminURL(), SettleTime: time.Millisecond, Around: around,
			AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		p := plan.New(desired, gateway.State{}, plan.Policy{})
		b.StartTimer()
		if _, err := apply.Run(ctx, client, p, options); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		server.Close()
		b.StartTimer()
	}
}
