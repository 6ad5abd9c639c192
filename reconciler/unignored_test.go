package reconciler_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/record"
)

// TestWhatIsIgnoredNoMoreIsTheCommitsOwnChange takes drift.ignore away long before the next look for drift.
func TestWhatIsIgnoredNoMoreIsTheCommitsOwnChange(t *testing.T) {
	r := newRig(t)
	r.driftIn(`{mode: heal, ignore: ["upstreams/users:nodes"]}`)
	r.put("prod-eu", "upstreams/users", map[string]any{
		"type": "roundrobin", "nodes": map[string]any{"127.0.0.1:1999": int64(3)}, "labels": map[string]any{"managed-by": "sluice"},
	})
	r.config.DriftInterval = time.Hour
	r.restart()
	r.pass()
	r.writes()
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\n")
	r.commit("nothing is ignored any more")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	twice := []string{"PUT upstreams/users", "PUT upstreams/users"} // the new node comes before the old one goes
	if diff := cmp.Diff(map[string][]string{"prod-eu": twice}, r.writes()); diff != "" {
		t.Errorf("written with the commit (-want +got):\n%s", diff)
	}
	if text := r.text("prod"); text != "0 created, 1 updated, 0 deleted on 1 group" {
		t.Errorf("the status says %q", text)
	}
	entry, _ := r.config.Journal.Last("prod", "prod-eu")
	if head := r.git("rev-parse", "HEAD"); entry.Reason != "commit" || entry.State != record.Applied || entry.Commit != head || entry.Restores != "" {
		t.Errorf("on record is %+v", entry)
	}
	r.put("prod-eu", "routes/users", byHand)
	r.Look()
	r.pass()
	if entry, _ := r.config.Journal.Last("prod", "prod-eu"); entry.Reason != "drift" {
		t.Errorf("what somebody changes afterwards is %s", entry.Reason)
	}
}
