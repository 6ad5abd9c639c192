package insight

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
)

// Resource answers who has changed a resource of an environment, and where each of its fields comes from in the commit that runs. That the
// fields can't be shown is said in the answer.
func (m *Model) Resource(ctx context.Context, q ResourceQuery) (Resource, error) {
	key, err := gateway.ParseKey(q.Kind + "/" + q.ID)
	if err != nil {
		return Resource{}, &QueryError{"resource", err.Error()}
	}
	status := m.status()
	env, known := status.Environment(q.Environment)
	if !known && !slices.Contains(m.environments(), q.Environment) {
		return Resource{}, &NotFoundError{"environment " + q.Environment}
	}
	found, err := m.config.Past.Search(ctx, record.Filter{
		Environment: q.Environment, Group: q.Group, Resource: key, Before: q.Before, Limit: bounded(q.Limit, DefaultEntries, MostEntries),
	})
	if err != nil {
		return Resource{}, err
	}
	hash := env.Applied
	if hash == "" {
		hash = status.Head
	}
	r := Resource{
		Environment: q.Environment, Kind: q.Kind, ID: q.ID, Commit: m.commit(hash), Changed: []record.Entry{}, Next: found.Next,
	}
	for _, e := range found.Entries {
		e.Changes = slices.DeleteFunc(slices.Clone(e.Changes), func(c record.ChangeLine) bool { return c.Key != key })
		r.Changed = append(r.Changed, trimmed(e))
	}
	r.Groups, err = m.explained(ctx, q, hash, key)
	if err != nil {
		r.Why = err.Error()
	}
	if faulty, ok := errors.AsType[*sideError](err); ok {
		r.Faults = m.faultsOf(faulty.commit, faulty.faults)
	}
	if err == nil && len(r.Groups) == 0 {
		r.Why = "the commit has no " + key.String() + " there"
	}
	return r, ctx.Err()
}

// explained renders a resource as each gateway group shall have it.
func (m *Model) explained(ctx context.Context, q ResourceQuery, hash string, key gateway.Key) ([]ResourceGroup, error) {
	groups := []ResourceGroup{}
	if hash == "" {
		return groups, nil
	}
	leave, err := m.enter(ctx)
	if err != nil {
		return groups, err
	}
	defer leave()
	s, err := m.side(ctx, q.Environment, q.Group, hash)
	if err != nil {
		return groups, err
	}
	var told []gateway.Resource
	for _, name := range s.Groups {
		resource, ok := s.States[name][key]
		if !ok {
			continue
		}
		same := slices.IndexFunc(told, func(r gateway.Resource) bool { return gateway.Equal(r.Spec, resource.Spec) && samePlace(r, resource) })
		if same >= 0 {
			groups[same].Groups = append(groups[same].Groups, name)
			continue
		}
		told = append(told, resource)
		groups = append(groups, m.explain(hash, name, key, s.States[name]))
	}
	return groups, nil
}

func samePlace(a, b gateway.Resource) bool {
	return a.Origin != nil && b.Origin != nil && a.Origin.Pos == b.Origin.Pos
}

// explain tells where the fields of a resource come from: those at its top, and inside a map that several places wrote those in it.
func (m *Model) explain(hash, group string, key gateway.Key, state gateway.State) ResourceGroup {
	g := ResourceGroup{Groups: []string{group}, Fields: []ExplainedField{}}
	if origin := state[key].Origin; origin != nil {
		g.From = m.place(hash, origin.Pos)
	}
	for _, path := range pathsOf(nil, state[key].Spec) {
		if len(g.Fields) == FieldsShown {
			g.MoreFields++
			continue
		}
		e, err := render.Explain(state, key, path)
		if err != nil {
			continue // the path is of this very state
		}
		field := ExplainedField{Path: path.String(), Value: plain(e.Value)}
		for _, origin := range e.Origins {
			if at := m.place(hash, origin.Pos); at != nil {
				field.From = append(field.From, *at)
			}
		}
		g.Fields = append(g.Fields, field)
	}
	return g
}

// pathsOf lists the fields of a body in order, those inside of maps too. A list is one field.
func pathsOf(at gateway.Path, spec map[string]any) []gateway.Path {
	var paths []gateway.Path
	for _, name := range slices.Sorted(maps.Keys(spec)) {
		path := at.With(gateway.Field(name))
		if inner, ok := spec[name].(map[string]any); ok && len(inner) > 0 {
			paths = append(paths, pathsOf(path, inner)...)
			continue
		}
		paths = append(paths, path)
	}
	return paths
}
