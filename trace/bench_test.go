package trace_test

import (
	"testing"

	"github.com/sluice-gitops/sluice/trace"
)

// BenchmarkOff is what a span costs where nothing is traced.
func BenchmarkOff(b *testing.B) {
	var tracer *trace.Tracer
	ctx := tracer.Commit(b.Context(), commit)
	for b.Loop() {
		_, span := trace.Start(ctx, "turn", trace.String("env", "prod"))
		span.End(nil)
	}
}

// BenchmarkOn is what it costs where it is.
func BenchmarkOn(b *testing.B) {
	tracer, err := trace.New(b.Context(), trace.Config{Endpoint: "http://127.0.0.1:1/v1/traces", Ratio: 1})
	if err != nil {
		b.Fatal(err)
	}
	ctx := tracer.Commit(b.Context(), commit)
	for b.Loop() {
		_, span := trace.Start(ctx, "turn", trace.String("env", "prod"))
		span.End(nil)
	}
}
