package daemon

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// undoing is a repository in which a revert comes to what it says, and a forge that is down for so many calls.
type undoing struct {
	reverted source.Reverted
	down     int
	pushed   []string
	opened   []forge.NewPull
}

func (u *undoing) Mirrored() string { return "head" }

func (u *undoing) Revert(string, string, source.Notice) (source.Reverted, error) {
	return u.reverted, nil
}

func (u *undoing) Push(_ context.Context, branch string, _ source.Proposal) error {
	u.pushed = append(u.pushed, branch)
	return nil
}

func (u *undoing) Open(_ context.Context, p forge.NewPull) (forge.Pull, error) {
	if u.down--; u.down >= 0 {
		return forge.Pull{}, &forge.Error{Class: forge.Unavailable, What: "down"}
	}
	u.opened = append(u.opened, p)
	return forge.Pull{Number: 7, URL: "https://git.acme.com/7"}, nil
}

func TestARollbackOffersARevert(t *testing.T) {
	clean := source.Reverted{Proposal: source.Proposal{Snapshot: source.Snapshot{Commit: source.Commit{Message: "Revert \"x\"\n\nThis reverts commit 1a2b.\n"}}}}
	tests := []struct {
		name     string
		reverted source.Reverted
		down     int
		opened   int
		pushed   int
		after    time.Duration
		says     string
	}{
		{"all goes well", clean, 0, 1, 1, 0, "a pull request takes the commit back"},
		{"the forge is down for a while", clean, 3, 1, 4, 3 * time.Minute, "no pull request takes the commit back yet"},
		{"the forge is gone", clean, 1000, 0, 60, time.Hour, "no pull request takes the commit back yet"},
		{"the branch holds nothing of it", source.Reverted{Nothing: true}, 0, 0, 0, 0, "nothing to take back"},
		{"the same lines have changed since", source.Reverted{Conflicts: []source.Conflict{{Path: "base/routes.yaml", What: "both have changed it"}}}, 0, 0, 0, 0,
			"base/routes.yaml: both have changed it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &undoing{reverted: tt.reverted, down: tt.down}
				core, logs := observer.New(zap.DebugLevel)
				told := ""
				r := &reverter{mirror: u, forge: u, branch: "main", opened: func(commit, url string) { told = commit + " " + url }, log: zap.New(core)}
				began := time.Now()
				r.open(t.Context(), reconciler.Event{
					Commit: source.Commit{Hash: "1a2b3c4d5e"}, Environment: "prod", State: record.RolledBack, Text: "probe `users`: 502",
				})
				if took := time.Since(began); took != tt.after {
					t.Errorf("took %s, want %s", took, tt.after)
				}
				if len(u.opened) != tt.opened || len(u.pushed) != tt.pushed {
					t.Fatalf("opened %+v, pushed %v", u.opened, u.pushed)
				}
				said := ""
				for _, line := range logs.All() {
					said += line.Message
					if err, ok := line.ContextMap()["error"].(string); ok {
						said += err
					}
				}
				if !strings.Contains(said, tt.says) {
					t.Errorf("the log says %q", said)
				}
				if tt.opened > 0 {
					want := forge.NewPull{Title: `Revert "x"`, Body: "This reverts commit 1a2b.\n\nprod was rolled back from it: `probe 'users': 502`", Head: "sluice/revert-1a2b3c4", Base: "main"}
					if u.opened[0] != want || told != "1a2b3c4d5e https://git.acme.com/7" {
						t.Errorf("opened %+v, told %q", u.opened[0], told)
					}
				}
				if wrong := r.health.Troubles("reverts"); (len(wrong) > 0) != (tt.down > 60) {
					t.Errorf("trouble %+v", wrong)
				}
			})
		})
	}
}

// TestTooManyRollbacks: what finds no room is said, and nobody waits.
func TestTooManyRollbacks(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	r := &reverter{came: make(chan reconciler.Event, 1), log: zap.New(core)}
	rolledBack := reconciler.Event{Environment: "prod", State: record.RolledBack}
	r.observe(rolledBack)
	r.observe(rolledBack)
	r.observe(reconciler.Event{Environment: "prod", State: record.Failed, Drift: true})
	r.observe(reconciler.Event{Environment: "prod", State: record.Applied})
	if len(r.came) != 1 || logs.Len() != 1 {
		t.Errorf("%d wait, the log says %v", len(r.came), logs.All())
	}
}
