package insight

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
)

// The bounds of a page of resources.
const (
	defaultResources = 100
	mostLive         = 500
)

// liveRead is what one read of a group came to, all its resources in order. It is shared, and must not be changed.
type liveRead struct {
	resources []LiveResource
	ignored   []string
}

// Live answers what a gateway group has, held against the commit that it runs. It reads all that is live, once for all who ask at the same
// time, and gives it again for a few seconds. That live can't be read is said in the answer.
func (m *Model) Live(ctx context.Context, environment, group string, q LiveQuery) (Live, error) {
	env, line, err := m.find(environment, group)
	if err != nil {
		return Live{}, err
	}
	wanted := slices.Contains([]string{"", "changed", Same, Differs, Missing, Surplus, NotOwned}, q.State)
	if !wanted {
		return Live{}, &QueryError{"state", "want changed, same, differs, missing, surplus or not-owned"}
	}
	hash := target(env, line)
	live := Live{
		Environment: env.Name, Group: group, Commit: m.commit(hash), Counts: map[string]int{}, Kinds: map[string]int{}, Resources: []LiveResource{},
	}
	read, at, err := m.lives.get(ctx, env.Name+"/"+group+" "+hash, q.Fresh, func(ctx context.Context) (liveRead, error) {
		return m.readLive(ctx, env.Name, group, hash)
	})
	if live.At = at; err != nil {
		if faults, ok := errors.AsType[diag.List](err); ok {
			live.Faults = m.faultsOf(hash, faults)
		}
		live.Why = err.Error()
		return live, ctx.Err()
	}
	live.lay(read, q)
	return live, nil
}

// lay counts all resources, and picks out those that were asked for.
func (l *Live) lay(read liveRead, q LiveQuery) {
	l.Ignored = read.ignored
	var found []LiveResource
	text := strings.ToLower(q.Text)
	for _, r := range read.resources {
		l.Counts[r.State]++
		l.Kinds[r.Kind]++
		changed := r.State != Same && r.State != NotOwned
		if (q.State == "" || q.State == r.State || q.State == "changed" && changed) && (q.Kind == "" || q.Kind == r.Kind) &&
			strings.Contains(strings.ToLower(r.Kind+"/"+r.ID), text) {
			found = append(found, r)
		}
	}
	l.Resources, l.Page = paged(found, q.Page, defaultResources, mostLive)
}

func (m *Model) readLive(ctx context.Context, environment, group, hash string) (liveRead, error) {
	planner := m.planner()
	switch {
	case planner == nil:
		return liveRead{}, errors.New(noLive)
	case hash == "":
		return liveRead{}, errors.New("no commit was read yet that live could be held against")
	}
	snapshot, err := m.config.Mirror.At(hash)
	if err != nil {
		return liveRead{}, err
	}
	tree, err := planner.Load(snapshot)
	if err != nil {
		return liveRead{}, err
	}
	compared, err := planner.Compare(ctx, snapshot, tree, environment, group)
	if err != nil {
		return liveRead{}, err
	}
	return liveRead{m.held(hash, compared), compared.Ignored}, nil
}

// held lists the resources that are desired or live, and how they stand to each other.
func (m *Model) held(hash string, c reconciler.Compared) []LiveResource {
	changes := map[gateway.Key]plan.Change{}
	for _, change := range c.Plan.Changes() {
		if first, twice := changes[change.Key]; twice { // in several steps: from the first to the last
			change.Old, change.Fields = first.Old, append(slices.Clip(first.Fields), change.Fields...)
		}
		changes[change.Key] = change
	}
	var all []LiveResource
	for key, resource := range c.Desired {
		one := LiveResource{Kind: string(key.Kind), ID: key.ID, State: Same}
		if resource.Origin != nil {
			one.From = m.place(hash, resource.Origin.Pos)
		}
		all = append(all, m.stands(hash, one, changes[key], c))
	}
	for key := range c.Live {
		if _, desired := c.Desired[key]; desired || key.Temporary() {
			continue
		}
		one := LiveResource{Kind: string(key.Kind), ID: key.ID, State: NotOwned}
		if _, ours := changes[key]; ours {
			one.State = Surplus
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b LiveResource) int {
		return cmp.Or(cmp.Compare(gateway.Kind(a.Kind).Order(), gateway.Kind(b.Kind).Order()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// stands says how a desired resource is live.
func (m *Model) stands(hash string, one LiveResource, change plan.Change, c reconciler.Compared) LiveResource {
	key := gateway.Key{Kind: gateway.Kind(one.Kind), ID: one.ID}
	_, there := c.Live[key]
	switch {
	case !there:
		one.State = Missing
		return one
	case change.Op == "" && len(c.Plan.Refusals) > 0 && !gateway.Equal(c.Live[key].Spec, c.Desired[key].Spec):
		one.State = NotOwned // desired, and of somebody else: the plan leaves it alone
	case change.Op == plan.Adopt && !change.Writes():
		one.State = NotOwned
	case change.Op != "":
		one.State = Differs
		one.Fields, one.MoreFields = m.changedFields(hash, change)
	}
	return one
}
