package forge_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
)

// e2eDelivery has a journal delivered whose first commit the forge does not know, and which is down for a while. In the end the forge must
// say of every commit that it knows what the journal says.
func e2eDelivery(t *testing.T, on onGitea) {
	journal, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { journal.Close() })
	note := func(commit, environment string, state record.StatusState, text string) {
		t.Helper()
		if err := journal.Note(record.Entry{
			Commit: commit, Environment: environment, State: record.Applied, Started: time.Now().Add(-time.Minute), Finished: time.Now(),
			Status: record.Status{Context: "sluice/" + environment, State: state, Text: text},
		}); err != nil {
			t.Fatal(err)
		}
	}
	note(strings.Repeat("0", 39)+"1", "prod", record.StatusSuccess, "pushed away")
	want := map[string]string{}
	for i := range 3 {
		head := on.Commit(t, on.repository, "main", "Change", map[string]string{"routes.yaml": fmt.Sprint("a: ", i, "\n")})
		for _, environment := range []string{"test", "prod"} {
			note(head, environment, record.StatusPending, "wave 1/2")
			note(head, environment, record.StatusSuccess, "done")
			want[head+" sluice/"+environment] = "success: done"
		}
	}
	on.Stop(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	delivery := &forge.Delivery{Outbox: journal, Forge: on.Forge}
	go func() {
		defer close(ended)
		delivery.Run(ctx, nil)
	}()
	within(t, "trouble is told", func() bool { return len(delivery.Troubles()) > 0 })
	on.Resume(t)
	within(t, "all is delivered", func() bool { return len(journal.Outbox()) == 0 })
	stop()
	<-ended
	if diff := cmp.Diff(want, on.said(t, want)); diff != "" {
		t.Errorf("the forge says (-want +got):\n%s", diff)
	}
}

// within waits until something holds.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never comes that %s", what)
}

// said reads back what Gitea says of the commits of these "commit context" pairs.
func (on onGitea) said(t *testing.T, pairs map[string]string) map[string]string {
	t.Helper()
	said := map[string]string{}
	for pair := range pairs {
		commit, _, _ := strings.Cut(pair, " ")
		var combined struct {
			Statuses []struct{ Context, Status, Description string }
		}
		if status := on.Call(t, on.Token, "GET", "/repos/"+on.repository+"/commits/"+commit+"/status", nil, &combined); status != 200 {
			t.Fatalf("status of %s: %d", commit, status)
		}
		for _, s := range combined.Statuses {
			said[commit+" "+s.Context] = s.Status + ": " + s.Description
		}
	}
	return said
}
