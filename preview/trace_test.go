package preview

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

// TestThePlanOfAPullRequestIsATraceOfItsOwn, which leads to that of its head.
func TestThePlanOfAPullRequestIsATraceOfItsOwn(t *testing.T) {
	r := newRig(t, layout)
	receiver := tracetest.Start(t)
	tracer, err := trace.New(t.Context(), trace.Config{Endpoint: receiver.URL, Ratio: 1, Every: time.Hour})
	must(t, err)
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	r.config.Tracer = tracer
	r.apply(map[string]string{"test": "test"})
	pull := r.pull(1, false, route(1), "one")
	must(t, r.Once(t.Context()))
	must(t, tracer.Flush(t.Context()))
	spans := receiver.Spans()
	if len(spans) == 0 || len(spans[0].Links) != 1 || spans[0].Links[0] != pull.Head[:32] || spans[0].Trace == pull.Head[:32] {
		t.Fatalf("spans %+v", spans)
	}
	want := "pull request pull=1\n  fetch\n  environment env=test\n    plan\n  tell\n"
	if diff := cmp.Diff(want, receiver.Tree(spans[0].Trace, "pull", "env")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}
