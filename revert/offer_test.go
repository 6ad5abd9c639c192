package revert

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/source"
)

// desk takes branches and pull requests, unless it is told not to.
type desk struct {
	pushErr, openErr error
	pushed           string
	opened           *forge.NewPull
}

func (d *desk) Push(_ context.Context, branch string, _ source.Proposal) error {
	d.pushed = branch
	return d.pushErr
}

func (d *desk) Open(_ context.Context, p forge.NewPull) (forge.Pull, error) {
	d.opened = &p
	return forge.Pull{Number: 7}, d.openErr
}

func reverted() source.Reverted {
	return source.Reverted{Proposal: source.Proposal{Snapshot: source.Snapshot{Commit: source.Commit{Message: "Revert \"x\"\n\nThis reverts commit 1a.\n"}}}}
}

func TestOffer(t *testing.T) {
	d := &desk{}
	pull, err := Offer(t.Context(), d, d, reverted(), Branch("1a2b3c4d5e"), "main", "prod: restores 9f")
	want := forge.NewPull{Title: `Revert "x"`, Body: "This reverts commit 1a.\n\nprod: restores 9f", Head: "sluice/revert-1a2b3c4", Base: "main"}
	if err != nil || pull.Number != 7 || d.pushed != want.Head || *d.opened != want {
		t.Errorf("opened %+v, %v", d.opened, err)
	}
	d = &desk{}
	if pull, err := Offer(t.Context(), d, nil, reverted(), "b", "main", ""); err != nil || pull.Number != 0 || d.pushed != "b" {
		t.Errorf("without a forge: %+v, %v", pull, err)
	}
	d = &desk{pushErr: errors.New("denied")}
	if _, err := Offer(t.Context(), d, d, reverted(), "b", "main", ""); !errors.Is(err, d.pushErr) || d.opened != nil {
		t.Errorf("a branch that can't be pushed: %v, %+v", err, d.opened)
	}
	d = &desk{openErr: errors.New("down")}
	if _, err := Offer(t.Context(), d, d, reverted(), "b", "main", ""); !errors.Is(err, d.openErr) || !strings.Contains(err.Error(), "from b") {
		t.Errorf("a forge that is down: %v", err)
	}
}

func TestConflicts(t *testing.T) {
	if err := Conflicts(reverted()); err != nil {
		t.Error(err)
	}
	err := Conflicts(source.Reverted{Conflicts: []source.Conflict{{Path: "base/a.yaml", What: "both have changed it"}}})
	if !errors.Is(err, ErrChangedSince) || !strings.Contains(err.Error(), "base/a.yaml: both have changed it") {
		t.Errorf("got %v", err)
	}
}

func TestUndone(t *testing.T) {
	for branch, want := range map[string]string{Branch("1a2b3c4d5e"): "1a2b3c4", "sluice/promote-prod": "", "topic": ""} {
		if got := Undone(branch); got != want {
			t.Errorf("%s takes back %q, want %q", branch, got, want)
		}
	}
}
