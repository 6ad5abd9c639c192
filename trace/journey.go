package trace

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// Commit returns a context whose spans belong to the trace of a commit, whoever begins it and whatever trace ctx belonged to. A commit
// that the ratio leaves out has none. It is safe to call on nil, which traces nothing.
func (t *Tracer) Commit(ctx context.Context, hash string) context.Context {
	at, ok := t.rootOf(hash)
	if !ok {
		return leave(ctx)
	}
	return context.WithValue(oteltrace.ContextWithRemoteSpanContext(ctx, at), tracerKey{}, t)
}

// Apart begins a trace of its own for what is done long after a commit has ended, as a look for drift, and leads from there to the
// commit's. It is safe to call on nil; the span is to be ended.
func (t *Tracer) Apart(ctx context.Context, name, hash string, attributes ...Attribute) (context.Context, Span) {
	if t == nil || rand.Float64() >= t.ratio {
		return leave(ctx), Span{}
	}
	options := []oteltrace.SpanStartOption{oteltrace.WithNewRoot(), oteltrace.WithAttributes(attributes...)}
	if at, ok := t.rootOf(hash); ok {
		options = append(options, oteltrace.WithLinks(oteltrace.Link{SpanContext: at}))
	}
	ctx, span := t.tracer.Start(context.WithValue(ctx, tracerKey{}, t), name, options...)
	return ctx, Span{span}
}

// leave takes a context out of the trace that it belonged to.
func leave(ctx context.Context) context.Context {
	if tracerOf(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, tracerKey{}, (*Tracer)(nil))
}

// rootOf is where the trace of a commit begins, and whether it is kept. Both follow from the hash alone, so that all replicas agree.
func (t *Tracer) rootOf(hash string) (oteltrace.SpanContext, bool) {
	raw, err := hex.DecodeString(hash)
	if t == nil || err != nil || len(raw) < len(oteltrace.TraceID{}) {
		return oteltrace.SpanContext{}, false
	}
	sum := sha256.Sum256(raw)
	config := oteltrace.SpanContextConfig{
		TraceID: oteltrace.TraceID(raw[:16]), SpanID: oteltrace.SpanID(sum[:8]), TraceFlags: oteltrace.FlagsSampled, Remote: true,
	}
	at := oteltrace.NewSpanContext(config)
	return at, at.IsValid() && share(sum) < t.ratio
}

// share is where a hash stands between 0 and 1.
func share(sum [sha256.Size]byte) float64 {
	const digits = 53 // of a float64
	return float64(binary.BigEndian.Uint64(sum[8:])>>(64-digits)) / (1 << digits)
}

// wantedID finds in a context the IDs that the next root shall have.
type wantedID struct{}

// ids gives a root the IDs that its context asks for, and all else IDs by chance. It is safe for use by several goroutines at once.
type ids struct{}

// NewIDs returns the IDs of a root.
func (g ids) NewIDs(ctx context.Context) (oteltrace.TraceID, oteltrace.SpanID) {
	if at, ok := ctx.Value(wantedID{}).(oteltrace.SpanContext); ok {
		return at.TraceID(), at.SpanID()
	}
	var trace oteltrace.TraceID
	binary.BigEndian.PutUint64(trace[:8], rand.Uint64())
	binary.BigEndian.PutUint64(trace[8:], rand.Uint64()|1) // all zeros are no ID
	return trace, g.NewSpanID(ctx, trace)
}

// NewSpanID returns the ID of a span within a trace.
func (ids) NewSpanID(context.Context, oteltrace.TraceID) oteltrace.SpanID {
	var span oteltrace.SpanID
	binary.BigEndian.PutUint64(span[:], rand.Uint64()|1)
	return span
}
