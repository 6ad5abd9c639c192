package record

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShownStatusesWaitInTheOutboxAlone holds that a status alone is posted like that of an entry, and is none.
func TestShownStatusesWaitInTheOutboxAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(state StatusState, text string) Status {
		return Status{Context: "sluice/prod", State: state, Text: text}
	}
	for _, text := range []string{"queued", "wave 1/2"} {
		if err := j.Show(Entry{Commit: "c1", Environment: "prod", State: Applying, Status: shown(StatusPending, text)}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(v *View, want ...string) {
		t.Helper()
		var got []string
		for _, e := range v.Outbox() {
			got = append(got, e.Commit+" "+string(e.Status.State)+" "+e.Status.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outbox (-want +got):\n%s", diff)
		}
	}
	check(j.View, "c1 pending wave 1/2")
	if _, ok := j.Last("prod", ""); ok {
		t.Error("a status alone counts as an entry")
	}
	if !j.Pending("c1", "sluice/prod") || j.Pending("c1", "sluice/uat") {
		t.Error("the pending status is not known")
	}
	stale := j.Outbox()[0]
	if err := j.Note(Entry{Commit: "c1", Environment: "prod", State: Applied, Status: shown(StatusSuccess, "done")}); err != nil {
		t.Fatal(err)
	}
	if err := j.Posted(stale); err != nil {
		t.Fatal(err)
	}
	check(j.View, "c1 success done")
	if err := j.Show(Entry{Commit: "c1", Environment: "prod", State: Applying, Status: shown(StatusError, "retrying")}); err != nil || !j.Pending("c1", "sluice/prod") {
		t.Errorf("what is tried again counts as an end: %v", err)
	}
	if err := j.Show(Entry{Commit: "c1", Environment: "prod", State: Applied, Status: shown(StatusSuccess, "done")}); err != nil || j.Pending("c1", "sluice/prod") {
		t.Errorf("an end that is shown again counts as a step: %v", err)
	}
	if err := j.Show(Entry{Commit: "c2", Environment: "prod"}); err == nil {
		t.Error("a status without a context was taken")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again, "c1 success done")
	if again.Pending("c1", "sluice/prod") {
		t.Error("an end counts as pending")
	}
	if entries, err := again.Entries(Filter{}); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}
