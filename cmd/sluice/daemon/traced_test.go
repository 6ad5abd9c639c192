package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

// TestWhatOthersAreToldIsTraced in the trace of the commit, whether they take it or not.
func TestWhatOthersAreToldIsTraced(t *testing.T) {
	receiver := tracetest.Start(t)
	tracer, err := trace.New(t.Context(), trace.Config{Endpoint: receiver.URL, Ratio: 1, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	told := &telemetry{tracer: tracer}
	faults := []error{errors.New("503 Service Unavailable"), nil}
	f := told.telling(&feed.Feed{Listener: "notifications/on-call", Take: func(context.Context, []record.Entry) error {
		fault := faults[0]
		faults = faults[1:]
		return fault
	}})
	hash := strings.Repeat("ab", 20)
	ends := []record.Entry{{Commit: hash, Environment: "prod", State: record.Failed}}
	if err := f.Take(t.Context(), ends); err == nil {
		t.Error("the trouble of the listener is lost")
	}
	if err := f.Take(t.Context(), ends); err != nil {
		t.Error(err)
	}
	if err := tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "tell listener=notifications/on-call env=prod state=failed FAILED: 503 Service Unavailable\ntell listener=notifications/on-call env=prod state=failed\n"
	if diff := cmp.Diff(want, receiver.Tree(hash[:32], "listener", "env", "state")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// TestADeliveryTellsOfOneCommit that comes soon after it.
func TestADeliveryTellsOfOneCommit(t *testing.T) {
	from := trace.From(func(string) string { return "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" })
	synctest.Test(t, func(t *testing.T) {
		var d delivered
		if d.take().Leads() {
			t.Error("a commit was told of by nobody, and leads somewhere")
		}
		d.came(from)
		time.Sleep(time.Minute)
		if !d.take().Leads() || d.take().Leads() {
			t.Error("one delivery is to tell of the next commit, and of no other")
		}
		d.came(from)
		time.Sleep(deliveryCounts + time.Second)
		if d.take().Leads() {
			t.Error("a commit that came much later leads to an old delivery")
		}
		d.came(from)
		d.came(trace.Link{})
		if d.take().Leads() {
			t.Error("an older delivery counts though a newer one came")
		}
	})
}
