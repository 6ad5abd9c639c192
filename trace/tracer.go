package trace

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// Config says where traces go. Endpoint is needed.
type Config struct {
	// Endpoint is the whole address that takes OTLP over HTTP, as "https://otel.acme.com:4318/v1/traces".
	Endpoint string
	// Header is asked at each request for the lines to add, as a token; nil: none. It must be safe for several goroutines at once.
	Header func() (http.Header, error)
	TLS    *tls.Config // whom to trust; nil: the system's authorities
	// Ratio is the share of commits that are traced, from 0 to 1.
	Ratio   float64
	Version string        // of the program
	Every   time.Duration // between two requests; zero: 5 s
	Log     *zap.Logger   // nil: none
}

// Tracer keeps spans and sends them in the background. A nil Tracer traces nothing. It is safe for use by several goroutines at once; Close
// sends what is left.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   oteltrace.Tracer
	ratio    float64
}

const (
	// mostSpans is how many spans may wait to be sent; what comes beyond is dropped.
	mostSpans = 4096
	// mostText is how much of one text is kept, in bytes.
	mostText = 512
	// sendTime bounds one request, with all its tries.
	sendTime = 10 * time.Second
	// sendEvery is the time between two requests where Config does not say.
	sendEvery = 5 * time.Second
)

// New returns a Tracer. It speaks to nobody yet; the error is about the address.
func New(ctx context.Context, cfg Config) (*Tracer, error) {
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(cfg.Endpoint), otlptracehttp.WithTimeout(sendTime),
		otlptracehttp.WithHTTPClient(client(cfg)))
	if err != nil {
		return nil, fmt.Errorf("send traces to %s: %w", cfg.Endpoint, err)
	}
	limits := sdk.NewSpanLimits()
	limits.AttributeValueLengthLimit = mostText
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&told{SpanExporter: exporter, log: cfg.Log}, sdk.WithMaxQueueSize(mostSpans),
			sdk.WithBatchTimeout(cmp.Or(cfg.Every, sendEvery)), sdk.WithExportTimeout(sendTime)),
		sdk.WithSampler(sdk.AlwaysSample()), // what is left out is left out before
		sdk.WithIDGenerator(ids{}), sdk.WithRawSpanLimits(limits), sdk.WithResource(who(cfg)),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/sluice-gitops/sluice"), ratio: cfg.Ratio}, nil
}

// who names this process, as OpenTelemetry's conventions do.
func who(cfg Config) *resource.Resource {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return resource.NewSchemaless(String("service.name", "sluice"), String("service.version", cfg.Version), String("service.instance.id", host))
}

// Close sends what waits and ends the tracer. It is safe to call on nil. The error is that of ctx.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Flush sends what waits. It is safe to call on nil.
func (t *Tracer) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.ForceFlush(ctx)
}

// client sends each request with the header that is asked for then, and follows nobody: a token would go along.
func client(cfg Config) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = cfg.TLS
	return &http.Client{
		Transport:     withHeader{next: transport, header: cfg.Header},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// withHeader adds lines to each request.
type withHeader struct {
	next   http.RoundTripper
	header func() (http.Header, error)
}

// RoundTrip sends the request with the lines.
func (w withHeader) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.header == nil {
		return w.next.RoundTrip(request)
	}
	lines, err := w.header()
	if err != nil {
		if request.Body != nil {
			err = errors.Join(err, request.Body.Close())
		}
		return nil, err
	}
	request = request.Clone(request.Context())
	for name, values := range lines {
		request.Header[name] = values
	}
	return w.next.RoundTrip(request)
}
