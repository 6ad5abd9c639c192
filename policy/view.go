package policy

import (
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/sluice-gitops/sluice/gateway"
)

// view is the desired state of one gateway group as expressions see it. Each resource is wrapped once, whatever number of
// policies look at it. A view is not safe for concurrent use.
type view struct {
	environment, group string
	resources          map[gateway.Key]*resource
	ordered            []*resource
	state              *object // kind → id → body; nil until an expression asks
}

// resource is one resource of a view.
type resource struct {
	gateway.Resource
	view    *view
	body    *object
	plugins *object // the effective plugins; nil until an expression asks
}

func newView(environment, group string, state gateway.State) *view {
	v := &view{environment: environment, group: group, resources: make(map[gateway.Key]*resource, len(state))}
	for _, key := range state.Keys() {
		r := &resource{Resource: state[key], view: v, body: newObject(state[key].Spec)}
		r.body.resource = r
		v.resources[key] = r
		v.ordered = append(v.ordered, r)
	}
	return v
}

// whole returns the state as a map from kind to a map from id to body. Every kind is there, so that no expression fails for a
// kind of which there is none.
func (v *view) whole() *object {
	if v.state != nil {
		return v.state
	}
	bodies := map[gateway.Kind]map[string]any{}
	for _, kind := range gateway.Kinds() {
		bodies[kind] = map[string]any{}
	}
	for _, r := range v.ordered {
		bodies[r.Key.Kind][r.Key.ID] = r.body
	}
	kinds := map[string]any{}
	for kind, all := range bodies {
		// An object and not the map, so that thousands of resources are put in order once.
		kinds[string(kind)] = newObject(all)
	}
	v.state = newObject(kinds)
	return v.state
}

// references are the fields by which a resource takes what another one has.
var references = map[string]gateway.Kind{
	"service_id": gateway.Services, "plugin_config_id": gateway.PluginConfigs, "group_id": gateway.ConsumerGroups,
	"upstream_id": gateway.Upstreams,
}

// referred returns the resource that a field of r names; nil when there is none. It is safe on nil.
func (r *resource) referred(field string) *resource {
	if r == nil {
		return nil
	}
	switch id := r.Spec[field].(type) {
	case string:
		return r.view.resources[gateway.Key{Kind: references[field], ID: id}]
	case int64:
		return r.view.resources[gateway.Key{Kind: references[field], ID: strconv.FormatInt(id, 10)}]
	}
	return nil
}

// variables are what an expression can name while one resource is looked at.
type variables struct{ *resource }

// ResolveName returns the value of a variable.
func (v variables) ResolveName(name string) (any, bool) {
	switch name {
	case "resource":
		return v.body, true
	case "kind":
		return types.String(v.Key.Kind), true
	case "id":
		return types.String(v.Key.ID), true
	case "environment":
		return types.String(v.view.environment), true
	case "group":
		return types.String(v.view.group), true
	case "state":
		return v.view.whole(), true
	}
	return nil, false
}

// Parent returns nil: nothing stands behind these variables.
func (v variables) Parent() cel.Activation { return nil }
