// Package tracetest takes the traces that are sent in tests: a small receiver of OpenTelemetry's protocol over HTTP.
package tracetest

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	sent "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one span that was received.
type Span struct {
	Trace, ID, Parent string // in hex; Parent is empty for a root
	Name              string
	Facts             map[string]string
	Fault             string // of a span that failed
	Links             []string
	Began, Ended      time.Time
}

// Receiver takes spans. It is safe for use by several goroutines at once.
type Receiver struct {
	URL string // takes OTLP over HTTP

	mu      sync.Mutex
	spans   []Span
	headers []http.Header
	refuse  bool
}

// Start starts a receiver that ends with the test.
func Start(t testing.TB) *Receiver {
	r := &Receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL + "/v1/traces"
	return r
}

// Refuse makes the receiver answer 400 to everything, or take it again.
func (r *Receiver) Refuse(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = on
}

// ServeHTTP takes one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	message := &collector.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(body, message)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers = append(r.headers, request.Header.Clone())
	if err != nil || r.refuse {
		http.Error(w, fmt.Sprint("not taken: ", err), http.StatusBadRequest)
		return
	}
	for _, resource := range message.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				r.spans = append(r.spans, taken(span))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func taken(s *sent.Span) Span {
	span := Span{
		Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId), Name: s.Name,
		Facts: map[string]string{}, Began: time.Unix(0, int64(s.StartTimeUnixNano)), Ended: time.Unix(0, int64(s.EndTimeUnixNano)),
	}
	for _, fact := range s.Attributes {
		span.Facts[fact.Key] = text(fact.Value)
	}
	for _, link := range s.Links {
		span.Links = append(span.Links, hex.EncodeToString(link.TraceId))
	}
	if s.Status.GetCode() == sent.Status_STATUS_CODE_ERROR {
		span.Fault = cmp.Or(s.Status.Message, "failed")
	}
	return span
}

func text(v *common.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return v.StringValue
	case *common.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	case *common.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	}
	return fmt.Sprint(v)
}

// Spans returns what was received so far, in the order in which it began.
func (r *Receiver) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := slices.Clone(r.spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Began.Compare(b.Began) })
	return spans
}

// Headers returns those of the last request; nil when there was none.
func (r *Receiver) Headers() http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.headers) == 0 {
		return nil
	}
	return r.headers[len(r.headers)-1]
}

// Tree draws the spans of a trace, each with the facts that are asked for, as "  apply group=eu". Spans whose parent was not received
// stand at the top.
func (r *Receiver) Tree(trace string, facts ...string) string {
	var spans []Span
	known := map[string]bool{}
	for _, span := range r.Spans() {
		if span.Trace == trace {
			spans = append(spans, span)
			known[span.ID] = true
		}
	}
	var out strings.Builder
	var draw func(parent string, depth int)
	draw = func(parent string, depth int) {
		for _, span := range spans {
			if span.Parent == parent || parent == "" && !known[span.Parent] {
				fmt.Fprintln(&out, strings.Repeat("  ", depth)+span.line(facts))
				draw(span.ID, depth+1)
			}
		}
	}
	draw("", 0)
	return out.String()
}

func (s Span) line(facts []string) string {
	line := s.Name
	for _, name := range facts {
		if value, ok := s.Facts[name]; ok {
			line += " " + name + "=" + value
		}
	}
	if s.Fault != "" {
		line += " FAILED: " + s.Fault
	}
	return line
}
