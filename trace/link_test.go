package trace_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

// TestACommitLeadsToWhatToldOfIt, where that said which trace it belongs to; what is no traceparent leads nowhere.
func TestACommitLeadsToWhatToldOfIt(t *testing.T) {
	tracer, receiver := start(t, nil)
	const foreign = "4bf92f3577b34da6a3ce929d0e0e4736"
	for i, test := range []struct {
		said string
		want []string
	}{
		{"00-" + foreign + "-00f067aa0ba902b7-01", []string{foreign}},
		{"00-" + foreign + "-00f067aa0ba902b7-00", []string{foreign}}, // not kept there
		{"", nil},
		{"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", nil},
		{"somewhere", nil},
	} {
		header := http.Header{}
		header.Set("Traceparent", test.said)
		hash := hex4(i) + strings.Repeat("2", 36)
		tracer.Arrived(hash, time.Now(), time.Now(), trace.From(header.Get))
		flush(t, tracer)
		spans := receiver.Spans()
		found := slices.IndexFunc(spans, func(s tracetest.Span) bool { return s.Trace == hash[:32] })
		if found < 0 || !slices.Equal(spans[found].Links, test.want) {
			t.Errorf("%q: links %v of %v, want %v", test.said, found, spans, test.want)
		}
	}
}
