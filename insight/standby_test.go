package insight_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
)

// noMirror holds no commit.
type noMirror struct{}

func (noMirror) At(string) (source.Snapshot, error) {
	return source.Snapshot{}, source.ErrUnknownCommit
}
func (noMirror) Ancestor(string, string) (source.Snapshot, error) {
	return source.Snapshot{}, source.ErrUnknownCommit
}

// TestAStandbyShowsTheSame: what the journal and the config repo tell is what the leader shows, stages and waves too.
func TestAStandbyShowsTheSame(t *testing.T) {
	r := newRig(t)
	r.pass()
	standby := r.config
	standby.Status = func() reconciler.Status { return reconciler.StatusFromJournal(r.journal.View) }
	standby.Role = func() (string, string) { return "standby", "node-2" }
	standby.Planner = nil
	model := insight.New(standby)
	want(t, "overview", shown(r.model.Overview(0)), shown(model.Overview(0)))
	if o := model.Overview(0); o.Role != "standby" || o.Leader != "node-2" {
		t.Errorf("role %q, leader %q", o.Role, o.Leader)
	}
	hash := r.git("rev-parse", "HEAD")
	turn, err := model.Turn(t.Context(), "prod", hash)
	if err != nil {
		t.Fatal(err)
	}
	leaders := r.turn("prod", hash)
	want(t, "timeline", strings.ReplaceAll(told(leaders), "planning  \n", ""), told(turn))
	if turn.State != leaders.State || kinds(turn) != kinds(leaders) || len(turn.Groups) != 2 || turn.Groups[1].Wave != 2 {
		t.Errorf("%+v", turn)
	}
}

// TestACommitThatIsGone: after a force-push the journal still tells what became of a commit that no mirror holds.
func TestACommitThatIsGone(t *testing.T) {
	r := newRig(t)
	r.pass()
	gone := r.config
	gone.Mirror = noMirror{}
	model := insight.New(gone)
	hash := r.git("rev-parse", "HEAD")
	turn, err := model.Turn(t.Context(), "prod", hash[:10])
	if err != nil || turn.Commit.Hash != hash || turn.Commit.Subject != "begin" || turn.State != "applied" {
		t.Errorf("%+v, %v", turn, err)
	}
	c, err := model.Changes(t.Context(), "prod", hash, insight.Page{})
	if err != nil || !strings.Contains(c.Why, "read commit "+hash[:7]) || len(c.Resources) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if o := model.Overview(0); len(o.Environments) != 2 || o.Head.Hash != hash {
		t.Errorf("%+v", o)
	}
}
