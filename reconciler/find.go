package reconciler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/source"
)

// find opens the environment that a look speaks of and makes the desired state of the group, which must be the one of who asks. What it
// can't do now may succeed later, or in another place.
func (k *Worker) find(ctx context.Context, look Look) (*work, gateway.State, error) {
	if _, known := k.groups[look.Group]; !known {
		return nil, nil, unknownGroup(look.Group)
	}
	if known := k.past.Lines(); known < look.Line {
		return nil, nil, Unable(fmt.Errorf("%d lines of the journal are known here, and %d are needed", known, look.Line))
	}
	if err := k.vouched(look); err != nil {
		return nil, nil, Unable(err)
	}
	w, err := k.open(ctx, look.Environment, look.Commit)
	if err != nil {
		return nil, nil, Unable(err)
	}
	w.undoing, w.keeping, w.partial, w.onlyRotated = look.Undoing, look.Keeping, look.Partial, look.OnlyRotated
	desired, err := k.desiredFor(ctx, w, look)
	switch {
	case err != nil:
		return nil, nil, Unable(err)
	case desired.Digest() != look.Digest, k.secretsOf(desired) != look.Secrets:
		return nil, nil, Unable(errOther)
	}
	return w, desired, nil
}

// vouched asks for itself whether the commit of a look is trusted: who can write tasks need not be who leads. What the journal holds as
// applied is to be kept, whoever vouches for it by now.
func (k *Worker) vouched(look Look) error {
	if k.config.Trust == nil || k.past.WasDone(look.Environment, look.Commit) {
		return nil
	}
	if last, ok := k.past.LastApplied(look.Environment, look.Group); ok && last.Commit == look.Commit {
		return nil
	}
	if err := k.config.Trust(look.Commit); err != nil {
		return fmt.Errorf("commit %s is not trusted: %w", short(look.Commit), err)
	}
	return nil
}

// desiredFor renders the group of a look, or finds the step that it names.
func (k *Worker) desiredFor(ctx context.Context, w *work, look Look) (gateway.State, error) {
	if look.Leg == nil {
		return k.stateOf(w, look.Group)
	}
	from, err := k.open(ctx, look.Environment, look.Leg.From)
	if err != nil {
		return nil, err
	}
	to, err := k.open(ctx, look.Environment, look.Leg.To)
	if err != nil {
		return nil, err
	}
	old, err := k.stateOf(from, look.Group)
	if err != nil {
		return nil, err
	}
	next, err := k.stateOf(to, look.Group)
	if err != nil {
		return nil, err
	}
	course, faults := k.course(to, look.Group, old, next)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if look.Leg.Step > course.Steps()+1 {
		return nil, errors.New("the canary has no such step")
	}
	return course.At(look.Leg.Step), nil
}

// stateOf renders a group; nil where the environment does not have it.
func (k *Worker) stateOf(w *work, group string) (gateway.State, error) {
	if !slices.Contains(w.env.Groups(), group) {
		return nil, nil
	}
	fsys, err := k.root(w.snapshot)
	if err != nil {
		return nil, err
	}
	values := k.config.Values
	if w.partial {
		values = nil
	}
	state, faults := k.renderer.Render(fsys, w.tree, w.env, group, values)
	return state, errorsIn(faults)
}

// errorsIn returns the faults that stop the work, as an error.
func errorsIn(faults diag.List) error {
	if !faults.HasErrors() {
		return nil
	}
	return errors.New(firstLine(faults))
}

// open opens an environment at a commit; one that the mirror does not hold yet is fetched.
func (k *Worker) open(ctx context.Context, name, commit string) (*work, error) {
	layout, err := k.layouts.at(commit, func() (layout, error) { return k.read(ctx, commit) })
	if err != nil {
		return nil, err
	}
	env, ok := layout.tree.Find(name)
	if !ok {
		return nil, fmt.Errorf("commit %s has no environment %q", short(commit), name)
	}
	return &work{snapshot: layout.snapshot, tree: layout.tree, env: env}, nil
}

func (k *Worker) read(ctx context.Context, commit string) (layout, error) {
	snapshot, err := k.config.History.At(commit)
	if err != nil {
		if _, fetched := k.config.Source.Latest(ctx); fetched != nil {
			return layout{}, errors.Join(err, fetched)
		}
		if snapshot, err = k.config.History.At(commit); err != nil {
			return layout{}, fmt.Errorf("commit %s is not in the mirror: %w", short(commit), err)
		}
	}
	tree, err := k.load(snapshot)
	return layout{snapshot, tree}, err
}

// layout is a commit and what it lays out.
type layout struct {
	snapshot source.Snapshot
	tree     environments.Tree
}

// mostLayouts is how many commits a worker keeps the layouts of: the one that comes, the one that runs, and those of a canary.
const mostLayouts = 4

// layouts keeps the layouts of the last commits: all groups of a commit share one. The zero value is empty; it is safe for use by
// several goroutines at once.
type layouts struct {
	mu    sync.Mutex
	order []string
	known map[string]layout
}

// at returns the layout of a commit, and reads it once.
func (l *layouts) at(commit string, read func() (layout, error)) (layout, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.known[commit]; ok {
		return known, nil
	}
	made, err := read()
	if err != nil {
		return layout{}, err
	}
	if l.known == nil {
		l.known = map[string]layout{}
	}
	l.known[commit], l.order = made, append(l.order, commit)
	if len(l.order) > mostLayouts {
		delete(l.known, l.order[0])
		l.order = l.order[1:]
	}
	return made, nil
}
