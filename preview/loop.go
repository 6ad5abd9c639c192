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
)

const (
	// mostPulls is how many open pull requests are looked after, the newest of them.
	mostPulls = 100
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
	passed       bool           // nothing stands against a merge
}

// Run looks after the pull requests until ctx ends: at the start, at each wake, when the branch has moved, and each time that the poll comes
// round.
func (p *Previewer) Run(ctx context.Context, wake <-chan struct{}) {
	timer, branch := time.NewTimer(0), time.NewTicker(branchEvery)
	defer timer.Stop()
	defer branch.Stop()
	into := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		case <-branch.C:
			if p.config.Repository.Mirrored() == into {
				continue
			}
		}
		into = p.config.Repository.Mirrored()
		err := p.Once(ctx)
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
func (p *Previewer) Once(ctx context.Context) error {
	into := p.config.Repository.Mirrored()
	pulls, err := p.config.Forge.OpenPulls(ctx, p.config.Branch)
	if err != nil {
		return fmt.Errorf("list pull requests: %w", err)
	}
	slices.SortFunc(pulls, func(a, b forge.Pull) int { return b.Number - a.Number })
	if len(pulls) > mostPulls {
		p.config.Log.Warn("more pull requests are open than are planned", zap.Int("open", len(pulls)), zap.Int("planned", mostPulls))
		pulls = pulls[:mostPulls]
	}
	if err := p.forget(pulls); err != nil {
		return err
	}
	var running errgroup.Group
	running.SetLimit(atOnce)
	looks, faults := make([]look, len(pulls)), make([]error, len(pulls))
	for i, pull := range pulls {
		before := p.seen[pull.Number]
		if pull.Head == "" || before.head == pull.Head && before.into == into || ctx.Err() != nil {
			continue
		}
		running.Go(func() error {
			looks[i], faults[i] = p.show(ctx, pull, before)
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

// forget lets go of pull requests that are no longer open.
func (p *Previewer) forget(open []forge.Pull) error {
	var numbers []int
	for _, pull := range open {
		numbers = append(numbers, pull.Number)
	}
	p.mu.Lock()
	for number := range p.whole {
		if !slices.Contains(numbers, number) {
			delete(p.whole, number)
		}
	}
	for number, before := range p.seen {
		if !slices.Contains(numbers, number) {
			delete(p.seen, number)
			p.past.forget(before.head)
		}
	}
	p.mu.Unlock()
	return p.config.Repository.KeepPulls(numbers)
}

func (c *crossing) forget(head string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.into, head)
}

// show plans one pull request and tells the forge. One that has moved meanwhile is left for the next round.
func (p *Previewer) show(ctx context.Context, pull forge.Pull, before look) (look, error) {
	ctx, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
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
	done := look{head: pull.Head, into: preview.Into.Hash, environments: before.environments, passed: preview.passed()}
	if before.head == pull.Head {
		done.said = before.said
	}
	for _, env := range preview.Environments {
		if !slices.Contains(done.environments, env.Name) {
			done.environments = append(slices.Clip(done.environments), env.Name)
		}
	}
	done.said, err = p.publish(ctx, preview, before, done.said)
	if err != nil {
		return look{}, fmt.Errorf("show the plan of pull request %d: %w", pull.Number, err)
	}
	p.config.Log.Info("pull request planned", zap.Int("pull", pull.Number), zap.String("commit", pull.Head))
	return done, nil
}

// fetched looks at a pull request whose head is fetched first. A head that no ref has can be planned when the mirror holds it already.
func (p *Previewer) fetched(ctx context.Context, pull forge.Pull) (Preview, error) {
	if pull.HeadRef != "" {
		if err := p.config.Repository.FetchPull(ctx, pull.Number, pull.HeadRef, pull.Head); err != nil {
			return Preview{Pull: pull}, err
		}
	} else if _, err := p.config.Repository.At(pull.Head); err != nil {
		return Preview{Pull: pull}, errNoRef
	}
	return p.Look(ctx, pull)
}

// publish writes the comment, and the statuses that say something else than what was said on the head. It returns all that is said there.
func (p *Previewer) publish(ctx context.Context, preview Preview, before look, said []forge.Status) ([]forge.Status, error) {
	number := preview.Pull.Number
	text, cut := p.Comment(preview, p.config.Forge.MostComment())
	p.mu.Lock()
	delete(p.whole, number)
	if cut {
		p.whole[number], _ = p.Comment(preview, mostWhole)
	}
	p.mu.Unlock()
	statuses := preview.Statuses(p.known(before))
	for i := range statuses {
		statuses[i].URL = preview.Pull.URL
		if slices.Contains(said, statuses[i]) {
			continue
		}
		if err := p.refused(preview, p.config.Forge.SetStatus(ctx, preview.Pull.Head, statuses[i])); err != nil {
			return nil, err
		}
	}
	if err := p.refused(preview, p.config.Forge.Comment(ctx, number, markKey, text)); err != nil {
		return nil, err
	}
	annotator, ok := p.config.Forge.(forge.Annotator)
	if !ok {
		return statuses, nil
	}
	// What has no place beside a line stands in the comment as well.
	_, err := annotator.Annotate(ctx, preview.Pull, markKey, p.annotations(preview))
	return statuses, p.refused(preview, err)
}

// refused lets an error pass that says that this will never be taken, as when the pull request was closed meanwhile: it must not keep the others
// from being told.
func (p *Previewer) refused(preview Preview, err error) error {
	if fault, ok := errors.AsType[*forge.Error](err); ok && (fault.Class == forge.Final || fault.Class == forge.Outdated) {
		p.config.Log.Warn("the forge does not take a plan", zap.Int("pull", preview.Pull.Number), zap.String("commit", preview.Pull.Head), zap.Error(err))
		return nil
	}
	return err
}

// mostWhole bounds what is kept of a plan that is longer than a comment, in runes.
const mostWhole = 4 << 20

// known are the environments that conflicts are told of: those of the branch.
func (p *Previewer) known(before look) []string {
	into, err := p.config.Repository.At(p.config.Repository.Mirrored())
	if err != nil {
		return before.environments
	}
	s, err := p.side(into, true)
	if err != nil {
		return before.environments
	}
	var names []string
	for _, env := range s.tree.Environments {
		names = append(names, env.Name)
	}
	return names
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
