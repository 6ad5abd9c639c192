package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// reverter opens a pull request that takes a commit back when an environment was rolled back from it: then what runs is what the branch
// says again.
type reverter struct {
	mirror *source.Repository
	forge  forge.Pulls
	branch string
	came   chan reconciler.Event // rollbacks; what finds no room is left to sluice revert
	log    *zap.Logger
}

const (
	// mostReverts is how many rollbacks may wait.
	mostReverts = 16
	// revertTries bounds how often a forge that is down is asked, and revertWait the time between.
	revertTries = 60
	revertWait  = time.Minute
)

// errChangedSince says that a commit can't be taken back by a machine: no later try will.
var errChangedSince = errors.New("the same lines have changed since")

// observe notes a rollback.
func (r *reverter) observe(e reconciler.Event) {
	if e.Group != "" || e.Drift || e.State != record.RolledBack {
		return
	}
	select {
	case r.came <- e:
	default:
		r.log.Warn("too many rollbacks at once: no pull request is opened", zap.String("commit", e.Commit.Short()))
	}
}

// run opens pull requests until ctx ends.
func (r *reverter) run(ctx context.Context) {
	for {
		select {
		case e := <-r.came:
			r.open(ctx, e)
		case <-ctx.Done():
			return
		}
	}
}

// open opens the pull request for one rollback, and tries again while the forge is down. Several environments that were rolled back from one
// commit share one.
func (r *reverter) open(ctx context.Context, e reconciler.Event) {
	log := r.log.With(zap.String("commit", e.Commit.Short()), zap.String("env", e.Environment))
	for range revertTries {
		pull, err := r.offer(ctx, e)
		switch {
		case err == nil && pull.URL != "":
			log.Info("a pull request takes the commit back", zap.String("url", pull.URL))
			return
		case err == nil:
			log.Info("the branch holds nothing of the commit any more: there is nothing to take back")
			return
		}
		if errors.Is(err, errChangedSince) {
			log.Warn("no pull request takes the commit back: revert it by hand", zap.Error(err))
			return
		}
		log.Warn("no pull request takes the commit back yet", zap.Error(err))
		select {
		case <-time.After(revertWait):
		case <-ctx.Done():
			return
		}
	}
}

// offer makes the revert on top of the branch as it is mirrored, pushes it and opens the pull request. The zero Pull says that there is
// nothing to take back.
func (r *reverter) offer(ctx context.Context, e reconciler.Event) (forge.Pull, error) {
	reverted, err := r.mirror.Revert(e.Commit.Hash, r.mirror.Mirrored(), source.Notice{Name: "Sluice", Email: "sluice@localhost", When: time.Now()})
	if err != nil {
		return forge.Pull{}, fmt.Errorf("revert %s: %w", e.Commit.Short(), err)
	}
	if len(reverted.Conflicts) > 0 {
		return forge.Pull{}, fmt.Errorf("revert %s: %s: %w", e.Commit.Short(), reverted.Conflicts[0].Path, errChangedSince)
	}
	if reverted.Nothing {
		return forge.Pull{}, nil
	}
	branch := "sluice/revert-" + e.Commit.Short()
	if err := r.mirror.Push(ctx, branch, reverted.Proposal); err != nil {
		return forge.Pull{}, err
	}
	_, body, _ := strings.Cut(reverted.Proposal.Commit.Message, "\n")
	return r.forge.Open(ctx, forge.NewPull{
		Title: reverted.Proposal.Commit.Subject, Head: branch, Base: r.branch,
		Body: fmt.Sprintf("%s\n\n%s was rolled back from it: `%s`", strings.TrimSpace(body), e.Environment, strings.ReplaceAll(e.Text, "`", "'")),
	})
}
