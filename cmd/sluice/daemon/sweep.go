package daemon

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/revert"
	"github.com/sluice-gitops/sluice/source"
)

// sweeper takes away branches that Sluice has made and nobody needs any more: their pull request was merged or closed while no daemon ran, or
// the commit that they take back stands no longer. What a person has made or amended is left alone.
type sweeper struct {
	mirror sweepable
	forge  interface {
		OpenPulls(ctx context.Context, base string) ([]forge.Pull, error)
	}
	past         turns
	environments func() []string // none: they are not known yet
	marker       string          // of branches that are prepared here
	link         func(branch string) string
	known        *reverts
	moot         func(ctx context.Context, short string) // is told of each prepared branch that is gone
	log          *zap.Logger

	idle map[string]idle // branches that nobody needed at the last look, by name; owned by run
}

// sweepable is the repository with its branches; source.Repository is one.
type sweepable interface {
	Branches(ctx context.Context, prefix string) ([]source.Branch, error)
	Tip(ctx context.Context, b source.Branch) (source.Tip, error)
	Drop(ctx context.Context, branch, at string) error
}

// idle is a branch that nobody needs.
type idle struct {
	head  string
	since time.Time
}

const (
	// idleLong is how long nobody must have needed a branch before it goes: its pull request may just be being opened.
	idleLong = time.Minute
	// soon is when to look again while the environments are not known yet.
	soon = 3 * time.Second
	// byHand is how old a branch must be that sluice revert has pushed: where it was told of no forge, somebody is to open the pull request.
	byHand = 24 * time.Hour
	// sweepEvery is the time between two looks that find nothing.
	sweepEvery = 10 * time.Minute
)

// run sweeps until ctx ends, and at each wake.
func (s *sweeper) run(ctx context.Context, wake <-chan struct{}) {
	for {
		done, err := s.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("branches that nobody needs are not looked for, will retry", zap.Error(err))
		}
		pause := sweepEvery
		switch {
		case !done:
			pause = soon
		case len(s.idle) > 0:
			pause = idleLong
		}
		select {
		case <-time.After(pause):
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}

// sweep looks once; it has not done so as long as the environments are not known. A list that can't be read takes no branch away.
func (s *sweeper) sweep(ctx context.Context) (done bool, err error) {
	environments := s.environments()
	if len(environments) == 0 {
		return false, nil
	}
	before := s.known.ready()
	branches, open, err := s.look(ctx)
	if err != nil {
		return true, err
	}
	prepared, now := map[string]string{}, map[string]idle{}
	for _, b := range branches {
		if open[b.Name] {
			continue
		}
		commit, needed := s.needs(ctx, b, environments)
		if commit != "" {
			prepared[commit] = s.link(b.Name)
		}
		if last, known := s.idle[b.Name]; !needed && known && last.head == b.Head {
			now[b.Name] = last
		} else if !needed {
			now[b.Name] = idle{b.Head, time.Now()}
		}
	}
	s.known.keep(before, prepared)
	s.idle = now
	return true, s.drop(ctx)
}

// look lists the branches, and names those from which a pull request is open, into whichever branch.
func (s *sweeper) look(ctx context.Context) ([]source.Branch, map[string]bool, error) {
	branches, err := s.mirror.Branches(ctx, ours)
	if err != nil || len(branches) == 0 {
		return nil, nil, err
	}
	pulls, err := s.forge.OpenPulls(ctx, "")
	if err != nil {
		return nil, nil, fmt.Errorf("list pull requests: %w", err)
	}
	open := map[string]bool{}
	for _, pull := range pulls {
		open[pull.HeadBranch] = open[pull.HeadBranch] || !pull.Fork
	}
	return branches, open, nil
}

// needs reports whether a branch without a pull request must stay, and for which commit it is prepared here.
func (s *sweeper) needs(ctx context.Context, b source.Branch, environments []string) (commit string, needed bool) {
	begins := revert.Undone(b.Name)
	if begins == "" && !strings.HasPrefix(b.Name, promotions) {
		return "", true
	}
	tip, err := s.mirror.Tip(ctx, b)
	if err != nil { // one that can't be read keeps no other from going
		s.log.Debug("branch is left: it can't be read", zap.String("branch", b.Name), zap.Error(err))
		return "", true
	}
	if !isSluices(tip) {
		return "", true
	}
	marker, marked := markerIn(tip.Message)
	switch {
	case begins == "": // the daemon, or sluice promote, has opened its pull request at once
		return "", false
	case !marked: // sluice revert
		return "", time.Since(tip.When) < byHand
	case marker != s.marker:
		return "", true // another daemon's
	}
	return stillFailed(s.past, environments, begins)
}

// markerIn returns the line that says for whom a commit was prepared.
func markerIn(message string) (string, bool) {
	last := strings.TrimSpace(message)
	last = last[strings.LastIndex(last, "\n")+1:]
	return last, strings.HasPrefix(last, "Sluice-Prepared: ")
}

// promotions is what the names of branches for promotions begin with.
const promotions = ours + "promote-"

// drop takes away what nobody has needed for long enough.
func (s *sweeper) drop(ctx context.Context) error {
	for branch, one := range s.idle {
		if time.Since(one.since) < idleLong {
			continue
		}
		if err := s.mirror.Drop(ctx, branch, one.head); err != nil {
			return err
		}
		s.log.Info("branch that nobody needs any more is gone", zap.String("branch", branch))
		delete(s.idle, branch)
		if begins := revert.Undone(branch); begins != "" {
			s.moot(ctx, begins)
		}
	}
	return nil
}
