package daemon

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
)

// aftermath sees to what follows the end of a commit on the forge: what takes it back is prepared, and the pull request that brought it is told.
// It reads the ends from the journal, where it stands too how far that has come: what was due when the daemon went down is done when it is back.
type aftermath struct {
	reverter *reverter
	tell     outcomes
	turns    turns
	log      *zap.Logger

	trying record.Entry // what could not be done the last time; owned by the feed
	since  time.Time    // when that was tried first
}

// turns knows which commit had its turn in an environment last; record.View is one.
type turns interface {
	LastTurn(environment string) (record.Entry, bool)
}

const (
	// tooLate is how old an end may be that is followed still.
	tooLate = 7 * 24 * time.Hour
	// patience is how long one end is tried to which the forge or the repository answers that it won't have it.
	patience = time.Hour
)

// feed hands on the ends from the first time on that it runs.
func (a *aftermath) feed(journal feed.Journal) *feed.Feed {
	return &feed.Feed{Listener: "outcomes on pull requests", Journal: journal, Wants: a.tell.wants, Take: a.take, Log: a.log}
}

func (a *aftermath) take(ctx context.Context, ends []record.Entry) error {
	for _, e := range ends {
		err := a.follow(ctx, e)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if a.trying.ID != e.ID {
			a.trying, a.since = e, time.Now()
		}
		if answered(err) && time.Since(a.since) > patience {
			a.log.Error("what follows the end of a commit is left out", zap.String("commit", e.Commit), zap.String("env", e.Environment), zap.Error(err))
			continue
		}
		if fault, ok := errors.AsType[*forge.Error](err); ok && fault.After > 0 {
			return &feed.Wait{Err: err, After: fault.After}
		}
		return err
	}
	return ctx.Err()
}

// answered reports whether an error may be about this one end alone: it is not that the forge is down, wants peace, or knows the login no more.
func answered(err error) bool {
	fault, ok := errors.AsType[*forge.Error](err)
	if !ok || fault.Class == forge.Outdated {
		return true
	}
	return fault.Class == forge.Unavailable && fault.Status != 0 || fault.Class == forge.Denied && fault.Status == http.StatusForbidden
}

func (a *aftermath) follow(ctx context.Context, e record.Entry) error {
	if time.Since(e.Finished) > tooLate {
		return nil
	}
	if isBad(e) && stands(a.turns, e.Environment, e.Commit) {
		if err := a.reverter.undo(ctx, e); err != nil {
			return err
		}
	}
	return a.tell.tell(ctx, e)
}

// moot tells the pull requests anew that brought a commit which begins so: what was prepared to take it back is gone.
func (a *aftermath) moot(ctx context.Context, begins string) {
	all, err := a.tell.past.Entries(record.Filter{CommitPrefix: begins, Whole: true, ForCommit: true})
	seen := map[string]bool{}
	for _, e := range all { // newest first
		if at := e.Commit + " " + e.Environment; !seen[at] && err == nil {
			seen[at] = true
			if isBad(e) {
				err = a.tell.tell(ctx, e)
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("pull request is not told that nothing takes its commit back any more", zap.String("commit", begins), zap.Error(err))
	}
}

// stands reports whether a bad end of a commit is the last that happened in an environment: else another commit has had its turn since.
func stands(past turns, environment, commit string) bool {
	last, ok := past.LastTurn(environment)
	return ok && last.Commit == commit && isBad(last)
}

// stillFailed reports whether a commit that begins so stands as failed in one of these environments.
func stillFailed(past turns, environments []string, begins string) (commit string, ok bool) {
	i := slices.IndexFunc(environments, func(env string) bool {
		last, ok := past.LastTurn(env)
		return ok && last.State == record.Failed && short(last.Commit) == begins
	})
	if i < 0 {
		return "", false
	}
	last, _ := past.LastTurn(environments[i])
	return last.Commit, true
}
