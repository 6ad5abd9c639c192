package policy

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// match says which resources a policy is for. What is not said matches everything.
type match struct {
	kinds        []gateway.Kind
	environments []pattern
	groups       []pattern
	ids          []pattern
	labels       map[string]pattern
	when         *expression // nil: always
}

// matchFile is a match as it is written.
type matchFile struct {
	Kinds        []*strictyaml.Node          `yaml:"kinds"`
	Environments []*strictyaml.Node          `yaml:"environments"`
	Groups       []*strictyaml.Node          `yaml:"groups"`
	IDs          []*strictyaml.Node          `yaml:"ids"`
	Labels       map[string]*strictyaml.Node `yaml:"labels"`
	When         *strictyaml.Node            `yaml:"when"`
}

func (r *reader) match(file matchFile) match {
	m := match{
		kinds: r.kinds(file.Kinds), environments: r.patterns(file.Environments), groups: r.patterns(file.Groups),
		ids: r.patterns(file.IDs), labels: map[string]pattern{},
	}
	for _, label := range slices.Sorted(maps.Keys(file.Labels)) {
		for _, value := range r.patterns([]*strictyaml.Node{file.Labels[label]}) {
			m.labels[label] = value
		}
	}
	if file.When != nil && !file.When.IsNull() {
		m.when = r.condition(file.When)
	}
	return m
}

func (r *reader) kinds(nodes []*strictyaml.Node) []gateway.Kind {
	var kinds []gateway.Kind
	for _, node := range nodes {
		word, ok := r.text(node)
		if ok && !gateway.Kind(word).Valid() {
			hint := diag.DidYouMean(word, kindNames(), "the kinds are those of fragments, as routes and services")
			r.wrong(node, hint, "%q names no kind of resource", word)
		}
		kinds = append(kinds, gateway.Kind(word))
	}
	return kinds
}

// covers reports whether the policy is for a gateway group of an environment at all.
func (m match) covers(environment, group string) bool {
	return anyMatches(m.environments, environment) && anyMatches(m.groups, group)
}

// selects reports whether the policy is for a resource, as far as no expression is needed to tell.
func (m match) selects(r gateway.Resource) bool {
	if len(m.kinds) > 0 && !slices.Contains(m.kinds, r.Key.Kind) || !anyMatches(m.ids, r.Key.ID) {
		return false
	}
	labels := r.Labels()
	for label, wanted := range m.labels {
		value, ok := labels[label].(string)
		if !ok || !wanted.matches(value) {
			return false
		}
	}
	return true
}
