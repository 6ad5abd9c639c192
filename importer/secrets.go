package importer

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// spot is one place of a secret in one group.
type spot struct {
	Place
	environment string
	called      string // what the resource is called, where its id says nothing
	secret      gateway.Secret
	// beside is what stands for a value that is not known: the certificate that the private key belongs to.
	beside any
}

// named gives every secret a name and returns the groups as fragments that refer to them. The same place in several groups has
// one name where the groups have the same secret there, and one for each group where they don't.
func named(groups []Group) ([]map[string]any, []SecretUse) {
	spots := map[string][]spot{} // by "kind/id path", which every group has at most once
	var order []string
	for _, group := range groups {
		for _, key := range group.Live.Keys() {
			eachSecret(group.Live[key], func(path gateway.Path, secret gateway.Secret) {
				at := key.String() + " " + path.String()
				if len(spots[at]) == 0 {
					order = append(order, at)
				}
				spots[at] = append(spots[at], spot{
					Place: Place{Group: group.Name, Key: key, Path: path}, environment: group.Environment,
					called: called(group.Live[key]), secret: secret, beside: beside(group.Live[key], path),
				})
			})
		}
	}
	names := namer{taken: map[string]bool{}, of: map[string]string{}}
	slices.Sort(order)
	var uses []SecretUse
	for _, at := range order {
		uses = append(uses, names.give(spots[at])...)
	}
	slices.SortFunc(uses, func(a, b SecretUse) int { return strings.Compare(a.Name, b.Name) })
	fragments := make([]map[string]any, len(groups))
	for i, group := range groups {
		fragments[i] = names.referring(group).Fragment()
	}
	return fragments, uses
}

// beside returns the certificate that a private key at path belongs to; nil for any other secret.
func beside(r gateway.Resource, path gateway.Path) any {
	last := path[len(path)-1]
	switch {
	case r.Key.Kind == gateway.SSLs && len(path) == 1:
		return r.Spec["cert"]
	case r.Key.Kind == gateway.SSLs && len(path) == 2 && !last.Field:
		if certs, ok := r.Spec["certs"].([]any); ok && last.Index < len(certs) {
			return certs[last.Index]
		}
	case last.Key == "client_key":
		tls, _ := valueAt(r.Spec, path[:len(path)-1]).(map[string]any)
		return tls["client_cert"]
	}
	return nil
}

func valueAt(v any, path gateway.Path) any {
	for _, step := range path {
		m, _ := v.(map[string]any)
		v = m[step.Key]
	}
	return v
}

// referring returns the state of a group with a reference in the place of each secret.
func (n *namer) referring(group Group) gateway.State {
	state := make(gateway.State, len(group.Live))
	for key, resource := range group.Live {
		spec := n.refer(resource.Spec, Place{Group: group.Name, Key: key})
		state[key] = gateway.Resource{Key: key, Spec: spec.(map[string]any)}
	}
	return state
}

func (n *namer) refer(v any, at Place) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for field, value := range v {
			out[field] = n.refer(value, Place{at.Group, at.Key, at.Path.With(gateway.Field(field))})
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = n.refer(item, Place{at.Group, at.Key, at.Path.With(gateway.Item(i))})
		}
		return out
	case gateway.Secret:
		if v.Ref() == "" {
			return gateway.UnresolvedSecret("${secret(" + n.of[placeText(at)] + ")}")
		}
	}
	return v
}

// eachSecret visits the secrets of a resource that have no reference yet, in order of path.
func eachSecret(r gateway.Resource, visit func(gateway.Path, gateway.Secret)) {
	var walk func(v any, at gateway.Path)
	walk = func(v any, at gateway.Path) {
		switch v := v.(type) {
		case map[string]any:
			for _, field := range sorted(v) {
				walk(v[field], at.With(gateway.Field(field)))
			}
		case []any:
			for i, item := range v {
				walk(item, at.With(gateway.Item(i)))
			}
		case gateway.Secret:
			if v.Ref() == "" {
				visit(at, v)
			}
		}
	}
	walk(r.Spec, nil)
}
