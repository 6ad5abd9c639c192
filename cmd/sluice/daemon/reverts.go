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
	"github.com/sluice-gitops/sluice/revert"
	"github.com/sluice-gitops/sluice/source"
)

// reverter opens a pull request that takes a commit back when an environment was rolled back from it: then what runs is what the branch
// says again.
type reverter struct {
	mirror branches
	forge  revert.Opener
	branch string
	came   chan reconciler.Event    // bad ends; what finds no room is left to sluice revert
	opened func(commit, url string) // is told of each pull request
	tell   outcomes
	log    *zap.Logger
	health forge.Health
}

// branches is where reverts are made and pushed; source.Repository is one.
type branches interface {
	revert.Pusher
	Revert(commit, onto string, n source.Notice) (source.Reverted, error)
	Mirrored() string
}

const (
	// mostReverts is how many bad ends may wait.
	mostReverts = 64
	// revertTries bounds how often a forge that is down is asked, and revertWait the time between.
	revertTries = 60
	revertWait  = time.Minute
)

// observe notes a bad end.
func (r *reverter) observe(e reconciler.Event) {
	if e.Group != "" || e.Drift || e.State != record.RolledBack && e.State != record.Failed {
		return
	}
	select {
	case r.came <- e:
	default:
		r.log.Warn("too many bad ends at once: no pull request is told", zap.String("commit", e.Commit.Short()))
	}
}

// run opens pull requests for rollbacks, and tells those that brought what has failed, until ctx ends.
func (r *reverter) run(ctx context.Context) {
	for {
		select {
		case e := <-r.came:
			undo := ""
			if e.State == record.RolledBack {
				undo = r.open(ctx, e)
			}
			r.tell.tell(ctx, e, undo)
		case <-ctx.Done():
			return
		}
	}
}

// open opens the pull request for one rollback, and tries again while the forge is down. Several environments that were rolled back from one
// commit share one. It returns the address; empty: there is none.
func (r *reverter) open(ctx context.Context, e reconciler.Event) string {
	log := r.log.With(zap.String("commit", e.Commit.Short()), zap.String("env", e.Environment))
	for range revertTries {
		pull, err := r.offer(ctx, e)
		if errors.Is(err, revert.ErrChangedSince) {
			log.Warn("no pull request takes the commit back: revert it by hand", zap.Error(err))
			err = nil
		} else if err == nil && pull.URL == "" {
			log.Info("the branch holds nothing of the commit any more: there is nothing to take back")
		} else if err == nil {
			log.Info("a pull request takes the commit back", zap.String("url", pull.URL))
			r.opened(e.Commit.Hash, pull.URL)
		}
		if r.health.Set(err); err == nil {
			return pull.URL
		}
		log.Warn("no pull request takes the commit back yet", zap.Error(err))
		select {
		case <-time.After(revertWait):
		case <-ctx.Done():
			return ""
		}
	}
	return ""
}

// offer makes the revert on top of the branch as it is mirrored, pushes it and opens the pull request. The zero Pull says that there is
// nothing to take back.
func (r *reverter) offer(ctx context.Context, e reconciler.Event) (forge.Pull, error) {
	reverted, err := r.mirror.Revert(e.Commit.Hash, r.mirror.Mirrored(), source.Notice{Name: "Sluice", Email: "sluice@localhost", When: time.Now()})
	if err == nil {
		err = revert.Conflicts(reverted)
	}
	if err != nil || reverted.Nothing {
		return forge.Pull{}, err
	}
	note := fmt.Sprintf("%s was rolled back from it: `%s`", e.Environment, strings.ReplaceAll(e.Text, "`", "'"))
	return revert.Offer(ctx, r.mirror, r.forge, reverted, revert.Branch(e.Commit.Hash), r.branch, note)
}

// listReverts finds the pull requests that take commits back among all that are open: those of people and of an earlier run as well.
func (d *Daemon) listReverts(pulls []forge.Pull) {
	open := map[string]string{}
	for _, pull := range pulls {
		short := revert.Undone(pull.HeadBranch)
		if short == "" || pull.Fork {
			continue
		}
		if undone, err := d.Source.At(short); err == nil {
			open[undone.Commit.Hash] = pull.URL
		}
	}
	d.insight.reverts.list(open)
}
