package standalone_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// many are so many services, each with its route.
func many(t testing.TB, services int) []gateway.Resource {
	t.Helper()
	all := []gateway.Resource{upstream(t, "u")}
	for i := range services {
		all = append(all,
			res(t, fmt.Sprintf("services/s%d", i), `{"upstream_id": "u", "labels": {"managed-by": "sluice"}, "plugins": {"limit-count": {"count": 10, "time_window": 60}}}`),
			res(t, fmt.Sprintf("routes/r%d", i), fmt.Sprintf(`{"uri": "/api/%d/*", "service_id": "s%d", "methods": ["GET", "POST"], "labels": {"managed-by": "sluice"}}`, i, i)))
	}
	return all
}

// BenchmarkLive reads 10,000 services and as many routes that did not change.
func BenchmarkLive(b *testing.B) {
	g := full(b)
	for b.Loop() {
		if state, err := g.Live(b.Context()); err != nil || len(state) != 20001 {
			b.Fatal(len(state), err)
		}
	}
}

// BenchmarkWrite changes one of them: the document is made anew, checked and put.
func BenchmarkWrite(b *testing.B) {
	g := full(b)
	for i := 0; b.Loop(); i++ {
		r := res(b, "routes/r7", fmt.Sprintf(`{"uri": "/changed/%d", "service_id": "s7"}`, i))
		if err := g.Write(b.Context(), []gateway.Resource{r}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func full(b *testing.B) *standalone.Gateway {
	b.Helper()
	g := newNetwork(b, 1, nil).group(b, func(cfg *standalone.Config) { cfg.Spacing = time.Nanosecond })
	if err := g.Write(b.Context(), many(b, 10000), nil); err != nil {
		b.Fatal(err)
	}
	return g
}
