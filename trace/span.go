package trace

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// Attribute is one fact about a span. String and Int make one. It must not hold a secret.
type Attribute = attribute.KeyValue

// String is a fact in words. The keys are those of the log: env, group, commit. What is no UTF-8 in the value is left out: it could not
// be sent, and nothing that is sent with it.
func String(key, value string) Attribute {
	return attribute.String(key, strings.ToValidUTF8(value, "\uFFFD"))
}

// Int is a number.
func Int(key string, value int) Attribute { return attribute.Int(key, value) }

// Bool is a yes or no.
func Bool(key string, value bool) Attribute { return attribute.Bool(key, value) }

// Span is a stretch of time under a name. The zero value is one that nobody keeps: it may be used like any other.
type Span struct{ span oteltrace.Span }

// tracerKey finds the tracer in a context.
type tracerKey struct{}

func tracerOf(ctx context.Context) *Tracer {
	t, _ := ctx.Value(tracerKey{}).(*Tracer)
	return t
}

// Start begins a span below the one of ctx, and returns a context that is within it. Where ctx belongs to no trace, nothing happens: the
// context is the same, and the span is the zero one. Every span must be ended.
func Start(ctx context.Context, name string, attributes ...Attribute) (context.Context, Span) {
	t := tracerOf(ctx)
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name, oteltrace.WithAttributes(attributes...))
	return ctx, Span{span}
}

// Past keeps a span that is over, below the one of ctx.
func Past(ctx context.Context, name string, began time.Time, took time.Duration, err error, attributes ...Attribute) {
	t := tracerOf(ctx)
	if t == nil {
		return
	}
	_, span := t.tracer.Start(ctx, name, oteltrace.WithAttributes(attributes...), oteltrace.WithTimestamp(began))
	fail(span, err)
	span.End(oteltrace.WithTimestamp(began.Add(took)))
}

// Wanted reports whether spans that are started with ctx are kept by anybody.
func Wanted(ctx context.Context) bool { return tracerOf(ctx) != nil }

// Set adds facts to the span of ctx, which has not ended.
func Set(ctx context.Context, attributes ...Attribute) {
	if tracerOf(ctx) != nil {
		oteltrace.SpanFromContext(ctx).SetAttributes(attributes...)
	}
}

// Set adds facts to a span that has not ended.
func (s Span) Set(attributes ...Attribute) {
	if s.span != nil {
		s.span.SetAttributes(attributes...)
	}
}

// End ends the span; an error makes it a failed one. Of the error the first line is kept.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	fail(s.span, err)
	s.span.End()
}

func fail(span oteltrace.Span, err error) {
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		span.SetStatus(codes.Error, strings.ToValidUTF8(line, "\uFFFD"))
	}
}

// Fields are the fields of the log that lead to the span of ctx: trace_id and span_id. There are none where ctx belongs to no trace.
func Fields(ctx context.Context) []zap.Field {
	if tracerOf(ctx) == nil {
		return nil
	}
	at := oteltrace.SpanContextFromContext(ctx)
	return []zap.Field{zap.String("trace_id", at.TraceID().String()), zap.String("span_id", at.SpanID().String())}
}

// Inject tells who takes a request to which span it belongs, by a W3C traceparent among its header. Without a trace it adds nothing. Set is
// the header's own: http.Header.Set.
func Inject(ctx context.Context, set func(key, value string)) {
	if tracerOf(ctx) != nil {
		propagation.TraceContext{}.Inject(ctx, header(set))
	}
}

// header is what the propagation writes to. It reads nothing.
type header func(key, value string)

// Get is not asked when a header is written.
func (header) Get(string) string { return "" }

// Set adds one line.
func (h header) Set(key, value string) { h(key, value) }

// Keys is not asked when a header is written.
func (header) Keys() []string { return nil }
