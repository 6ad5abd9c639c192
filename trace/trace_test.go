package trace_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

const (
	commit      = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	commitTrace = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, change func(*trace.Config)) (*trace.Tracer, *tracetest.Receiver) {
	t.Helper()
	receiver := tracetest.Start(t)
	config := trace.Config{Endpoint: receiver.URL, Ratio: 1, Version: "1.2.3"}
	if change != nil {
		change(&config)
	}
	tracer, err := trace.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tracer.Close(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return tracer, receiver
}

func flush(t *testing.T, tracer *trace.Tracer) {
	t.Helper()
	if err := tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestATraceHasTheHashOfItsCommit builds the trace of a commit in pieces that know nothing of each other, as passes and replicas do.
func TestATraceHasTheHashOfItsCommit(t *testing.T) {
	tracer, receiver := start(t, nil)
	other, _ := start(t, func(c *trace.Config) { c.Endpoint = receiver.URL })
	came := time.Now()

	ctx, turn := trace.Start(tracer.Commit(t.Context(), commit), "turn", trace.String("env", "prod"))
	trace.Past(ctx, "write", time.Now().Add(-time.Second), time.Second, errors.New("refused\nin two lines"), trace.String("key", "routes/a"))
	turn.End(nil)
	_, status := trace.Start(other.Commit(t.Context(), commit), "status")
	status.End(nil)
	tracer.Arrived(commit, came, time.Now(), trace.Link{}, trace.Int("environments", 1))
	flush(t, tracer)
	flush(t, other)

	want := "commit\n  turn env=prod\n    write key=routes/a FAILED: refused\n  status\n"
	if diff := cmp.Diff(want, receiver.Tree(commitTrace, "env", "key")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// TestAllReplicasKeepTheSameCommits holds the ratio to be a property of the commit.
func TestAllReplicasKeepTheSameCommits(t *testing.T) {
	first, _ := start(t, func(c *trace.Config) { c.Ratio = 0.3 })
	second, _ := start(t, func(c *trace.Config) { c.Ratio = 0.3 })
	kept := 0
	const commits = 2000
	for i := range commits {
		hash := hex4(i) + strings.Repeat("1", 36)
		wanted := trace.Wanted(first.Commit(t.Context(), hash))
		if wanted != trace.Wanted(second.Commit(t.Context(), hash)) {
			t.Fatalf("commit %s is kept by one replica and not by the other", hash)
		}
		if wanted {
			kept++
		}
	}
	if share := float64(kept) / commits; share < 0.25 || share > 0.35 {
		t.Errorf("%.2f of the commits are kept, want about 0.3", share)
	}
}

func hex4(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}

// TestALookIsATraceOfItsOwn holds apart what is done long after a commit: it would make its trace grow for ever.
func TestALookIsATraceOfItsOwn(t *testing.T) {
	tracer, receiver := start(t, nil)
	ctx, look := tracer.Apart(tracer.Commit(t.Context(), commit), "look", commit, trace.String("env", "prod"))
	_, child := trace.Start(ctx, "plan")
	child.End(nil)
	look.End(nil)
	flush(t, tracer)
	spans := receiver.Spans()
	if len(spans) != 2 || spans[0].Trace == commitTrace || spans[0].Trace != spans[1].Trace || spans[0].Parent != "" {
		t.Fatalf("want a trace of its own, got %+v", spans)
	}
	if diff := cmp.Diff([]string{commitTrace}, spans[0].Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

// TestWithoutATracerNothingHappens uses everything on nil.
func TestWithoutATracerNothingHappens(t *testing.T) {
	var tracer *trace.Tracer
	ctx := tracer.Commit(t.Context(), commit)
	ctx, apart := tracer.Apart(ctx, "look", commit)
	within, span := trace.Start(ctx, "turn", trace.String("env", "prod"))
	span.Set(trace.Bool("retry", true))
	span.End(errors.New("no"))
	apart.End(nil)
	trace.Past(ctx, "write", time.Now(), time.Second, nil)
	trace.Set(ctx, trace.Int("writes", 1))
	trace.Inject(ctx, func(string, string) { t.Error("a header was added") })
	tracer.Arrived(commit, time.Now(), time.Now(), trace.Link{})
	if within != ctx || trace.Wanted(ctx) || trace.Fields(ctx) != nil {
		t.Error("nobody traces, and yet somebody does")
	}
	if err := errors.Join(tracer.Flush(ctx), tracer.Close(ctx)); err != nil {
		t.Error(err)
	}
}

// TestALogLineLeadsToItsSpan holds the fields of the log and the W3C header to the span.
func TestALogLineLeadsToItsSpan(t *testing.T) {
	tracer, receiver := start(t, nil)
	ctx, span := trace.Start(tracer.Commit(t.Context(), commit), "apply")
	core, lines := observer.New(zap.InfoLevel)
	zap.New(core).Info("applied", trace.Fields(ctx)...)
	header := http.Header{}
	trace.Inject(ctx, header.Set)
	span.End(nil)
	flush(t, tracer)
	id := receiver.Spans()[0].ID
	want := map[string]any{"trace_id": commitTrace, "span_id": id}
	if diff := cmp.Diff(want, lines.All()[0].ContextMap()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got, want := header.Get("traceparent"), "00-"+commitTrace+"-"+id+"-01"; got != want {
		t.Errorf("traceparent %q, want %q", got, want)
	}
}

// TestHeadersAreReadAtEachRequest rotates a token.
func TestHeadersAreReadAtEachRequest(t *testing.T) {
	token := "first"
	tracer, receiver := start(t, func(c *trace.Config) {
		c.Every = time.Hour // only when the test asks for it
		c.Header = func() (http.Header, error) { return http.Header{"Authorization": {"Bearer " + token}}, nil }
	})
	for _, token = range []string{"first", "second"} {
		_, span := trace.Start(tracer.Commit(t.Context(), commit), "turn")
		span.End(nil)
		flush(t, tracer)
		if got := receiver.Headers().Get("Authorization"); got != "Bearer "+token {
			t.Errorf("sent %q, want the token %q", got, token)
		}
	}
}

// TestHostileTexts sends what is no UTF-8, and much of it: the spans that go with it must arrive.
func TestHostileTexts(t *testing.T) {
	tracer, receiver := start(t, nil)
	long := strings.Repeat("x", 10_000)
	_, span := trace.Start(tracer.Commit(t.Context(), commit), "turn", trace.String("env", "bad\xff"), trace.String("key", long))
	span.End(errors.New("worse\xff" + long))
	flush(t, tracer)
	spans := receiver.Spans()
	if len(spans) != 1 {
		t.Fatalf("%d spans arrived", len(spans))
	}
	if got := spans[0].Facts; got["env"] != "bad\uFFFD" || len(got["key"]) > 1000 || !strings.HasPrefix(spans[0].Fault, "worse\uFFFDx") {
		t.Errorf("arrived: %.100q %d bytes, fault %.20q", got["env"], len(got["key"]), spans[0].Fault)
	}
}

// TestWhoTakesNoTracesIsSaidOnce: a receiver that is down costs two lines, not one each few seconds.
func TestWhoTakesNoTracesIsSaidOnce(t *testing.T) {
	core, lines := observer.New(zap.InfoLevel)
	tracer, receiver := start(t, func(c *trace.Config) { c.Log, c.Every = zap.New(core), time.Hour })
	receiver.Refuse(true)
	for range 3 {
		_, span := trace.Start(tracer.Commit(t.Context(), commit), "turn")
		span.End(nil)
		flush(t, tracer)
	}
	receiver.Refuse(false)
	_, span := trace.Start(tracer.Commit(t.Context(), commit), "turn")
	span.End(nil)
	flush(t, tracer)
	var said []string
	for _, line := range lines.All() {
		said = append(said, line.Message)
	}
	if diff := cmp.Diff([]string{"traces can't be sent", "traces are sent again"}, said); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := lines.All()[1].ContextMap()["lost"]; got != int64(3) {
		t.Errorf("%v spans were lost, want 3", got)
	}
}
