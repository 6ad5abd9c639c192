package preview

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

const (
	// mostPulls is how many open pull requests are looked after, the newest of them.
	mostPulls = 250
	// atOnce is how many are planned at the same time.
	atOnce = 2
	// branchEvery is how often the mirror is asked whether the branch has moved, which costs nothing.
	branchEvery = 3 * time.Second
	// lookTime bounds the work on one.
	lookTime = 10 * time.Minute
)

// look is what a pull request was planned for.
type look struct {
	head, into   string
	environments []string       // that it was told about
	said         []forge.Status // on the head
	branch       string         // of the repository itself; empty: it is in a fork
	passed       bool           // nothing stands against a merge
}

// Run looks after the pull requests until ctx ends: at the start, at each wake, when the branch has moved, and each time that the poll comes
// round.
func (p *Previewer) Run(ctx context.Context, wake <-chan struct{}) {
	timer, branch := time.NewTimer(0), time.NewTicker(branchEvery)
	defer timer.Stop()
	defer branch.Stop()
	var pace pace
	planned := "" // what all that is open was planned for
	for {
		ticked := false
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		case <-branch.C:
			ticked = true
		}
		into := p.config.Repository.Mirrored()
		settled := pace.settled(into, time.Now())
		if ticked && (!settled || into == planned) {
			continue
		}
		if settled {
			planned = into
		}
		err := p.round(ctx, settled)
		p.tell(err)
		timer.Reset(p.pause(err))
	}
}

// pause is how long to wait: as long as the forge asks for, where it does.
func (p *Previewer) pause(err error) time.Duration {
	if limit, ok := errors.AsType[*forge.Error](err); ok {
		return max(p.config.Poll, limit.After)
	}
	return p.config.Poll
}

// Once plans the pull requests that have moved since it was called last, the newest first. The error tells why some could not be: they are
// tried again at the next call.
func (p *Previewer) Once(ctx context.Context) error { return p.round(ctx, true) }

// round is Once; without settled, what was planned for an earlier head of the branch is left as it is.
func (p *Previewer) round(ctx context.Context, settled bool) error {
	into := p.config.Repository.Mirrored()
	pulls, err := p.config.Forge.OpenPulls(ctx, p.config.Branch)
	if err != nil {
		return fmt.Errorf("list pull requests: %w", err)
	}
	slices.SortFunc(pulls, func(a, b forge.Pull) int { return b.Number - a.Number })
	if p.config.Open != nil {
		p.config.Open(pulls)
	}
	if len(pulls) > mostPulls {
		p.config.Log.Warn("more pull requests are open than are planned", zap.Int("open", len(pulls)), zap.Int("planned", mostPulls))
		pulls = pulls[:mostPulls]
	}
	if err := p.forget(ctx, pulls); err != nil {
		return err
	}
	return p.showAll(ctx, into, pulls, func(pull forge.Pull, before look) bool {
		return pull.Head != "" && (before.head != pull.Head || before.into != into && settled)
	})
}

// showAll plans those pull requests that are to be, some at a time. They were open when the branch stood at into.
func (p *Previewer) showAll(ctx context.Context, into string, pulls []forge.Pull, wanted func(forge.Pull, look) bool) error {
	var running errgroup.Group
	running.SetLimit(atOnce)
	looks, faults := make([]look, len(pulls)), make([]error, len(pulls))
	for i, pull := range pulls {
		before := p.seen[pull.Number]
		if !wanted(pull, before) || ctx.Err() != nil {
			continue
		}
		running.Go(func() error {
			looks[i], faults[i] = p.show(ctx, into, pull, before)
			return nil
		})
	}
	_ = running.Wait() // each has its own error
	p.mu.Lock()
	for i, pull := range pulls {
		if looks[i].head != "" && faults[i] == nil {
			p.seen[pull.Number] = looks[i]
		}
	}
	p.mu.Unlock()
	return errors.Join(faults...)
}

// show plans one pull request and tells the forge, in a trace of its own. One that has moved meanwhile is left for the next round.
func (p *Previewer) show(ctx context.Context, into string, pull forge.Pull, before look) (look, error) {
	ctx, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
	ctx, span := p.config.Tracer.Apart(ctx, "pull request", pull.Head, trace.Int("pull", pull.Number), trace.String("commit", pull.Head))
	done, err := p.planned(ctx, into, pull, before)
	span.End(err)
	return done, err
}

func (p *Previewer) planned(ctx context.Context, into string, pull forge.Pull, before look) (look, error) {
	preview, err := p.fetched(ctx, pull)
	if errors.Is(err, source.ErrMoved) {
		return look{}, nil
	}
	if errors.Is(err, errNoRef) {
		return p.sayUnread(ctx, pull)
	}
	if err != nil {
		return look{}, fmt.Errorf("plan pull request %d: %w", pull.Number, err)
	}
	if preview.Into.Hash != into {
		switch open, err := p.stillOpen(ctx, pull); {
		case err != nil:
			return look{}, fmt.Errorf("plan pull request %d: %w", pull.Number, err)
		case !open:
			return look{}, nil
		}
	}
	done := look{head: pull.Head, into: preview.Into.Hash, environments: before.environments, passed: preview.passed()}
	if before.head == pull.Head {
		done.said = before.said
	}
	if !pull.Fork {
		done.branch = pull.HeadBranch
	}
	for _, env := range preview.Environments {
		if !slices.Contains(done.environments, env.Name) {
			done.environments = append(slices.Clip(done.environments), env.Name)
		}
	}
	told, span := trace.Start(ctx, "tell")
	done.said, err = p.publish(told, preview, before, done.said)
	span.End(err)
	if err != nil {
		return look{}, fmt.Errorf("show the plan of pull request %d: %w", pull.Number, err)
	}
	p.config.Log.Info("pull request planned", zap.Int("pull", pull.Number), zap.String("commit", pull.Head))
	return done, nil
}

// stillOpen reports whether a pull request is open as it was listed. Where the branch has moved since then, this may be what it was merged by:
// its plan would say that there is nothing to change, over the one that was reviewed.
func (p *Previewer) stillOpen(ctx context.Context, pull forge.Pull) (bool, error) {
	now, err := p.config.Forge.Pull(ctx, pull.Number)
	return err == nil && now.State == forge.PullOpen && now.Head == pull.Head, err
}

// fetched looks at a pull request whose head is fetched first. A head that no ref has can be planned when the mirror holds it already.
func (p *Previewer) fetched(ctx context.Context, pull forge.Pull) (Preview, error) {
	if pull.HeadRef != "" {
		asked, span := trace.Start(ctx, "fetch")
		err := p.config.Repository.FetchPull(asked, pull.Number, pull.HeadRef, pull.Head)
		span.End(err)
		if err != nil {
			return Preview{Pull: pull}, err
		}
	} else if _, err := p.config.Repository.At(pull.Head); err != nil {
		return Preview{Pull: pull}, errNoRef
	}
	return p.Look(ctx, pull)
}

// Passed reports whether a pull request was planned with this head and the branch as it is now, and nothing stood against it: no conflict, no
// fault, no guard.
func (p *Previewer) Passed(number int, head string) bool {
	into := p.config.Repository.Mirrored()
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen[number]
	return seen.passed && seen.head == head && seen.into == into
}

// Troubles returns why the last round was not a whole one. It may be called at any time.
func (p *Previewer) Troubles() []forge.Trouble { return p.health.Troubles("plans of pull requests") }

func (p *Previewer) tell(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	switch changed := p.health.Set(err); {
	case changed && err != nil:
		p.config.Log.Error("pull requests can't be planned, will retry", zap.Error(err))
	case changed:
		p.config.Log.Info("pull requests are planned again")
	}
}

// ServeHTTP shows the whole plan of the pull request whose number is the path value "number", where its comment had to be cut.
func (p *Previewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	p.mu.Lock()
	text, known := p.whole[number]
	p.mu.Unlock()
	if err != nil || !known {
		http.Error(w, "no plan of this pull request is kept here: its comment has all of it, or it is closed", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(text))
}
