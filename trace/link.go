package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Link leads to a span of somebody else. The zero value leads nowhere.
type Link struct{ at oteltrace.SpanContext }

// From returns the span that a request said it belongs to, by the W3C traceparent in its header. Without one, or with one that is none, the Link
// leads nowhere. Get is the header's own: http.Header.Get.
func From(get func(key string) string) Link {
	ctx := propagation.TraceContext{}.Extract(context.Background(), read(get))
	return Link{oteltrace.SpanContextFromContext(ctx)}
}

// Leads reports whether the link leads anywhere.
func (l Link) Leads() bool { return l.at.IsValid() }

// Arrived keeps the span that the whole trace of a commit stands below, from when it came to when it had come to its end everywhere. It leads to
// what had told of the commit. It is safe to call on nil.
func (t *Tracer) Arrived(hash string, came, ended time.Time, told Link, attributes ...Attribute) {
	at, ok := t.rootOf(hash)
	if !ok {
		return
	}
	options := []oteltrace.SpanStartOption{oteltrace.WithNewRoot(), oteltrace.WithTimestamp(came), oteltrace.WithAttributes(attributes...)}
	if told.Leads() {
		options = append(options, oteltrace.WithLinks(oteltrace.Link{SpanContext: told.at}))
	}
	_, span := t.tracer.Start(context.WithValue(context.Background(), wantedID{}, at), "commit", options...)
	span.End(oteltrace.WithTimestamp(ended))
}

// read is what the propagation reads from. It writes nothing.
type read func(key string) string

// Get returns one line.
func (r read) Get(key string) string { return r(key) }

// Set is not asked when a header is read.
func (read) Set(string, string) {}

// Keys is not asked when a header is read.
func (read) Keys() []string { return nil }
