package environments

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// limits bound the layout of one config repo.
type limits struct {
	environments int
	groups       int // of all environments
	layers       int // of one environment
	chain        int // environments that inherit one another in a row
	faults       int // that are listed of one environment
}

func standardLimits() limits {
	return limits{environments: 1000, groups: 10_000, layers: 10_000, chain: 100, faults: 1000}
}

func (l limits) tooManyEnvironments(n int) diag.Diagnostic {
	return diag.Errorf(diag.Pos{File: environmentsDir}, "over-limit", "there are %d environments, more than %d", n, l.environments).
		WithHint("split the config repo")
}

// countGroups refuses more gateway groups than a config repo may have. The place is that of the first one too many.
func (l limits) countGroups(envs []Environment) diag.List {
	left := l.groups
	for _, env := range envs {
		if groups := env.places.groups; len(groups) > left {
			return diag.List{diag.Errorf(groups[left].pos, "over-limit", "the environments name more than %d gateway groups", l.groups).
				WithHint("split the config repo")}
		}
		left -= len(env.places.groups)
	}
	return nil
}

// countAfter refuses an environment that comes after more than there can be.
func (l limits) countAfter(env *Environment) {
	if len(env.places.after) <= l.environments {
		return
	}
	env.Faults.Add(diag.Errorf(env.places.after[l.environments].pos, "over-limit", "%s comes after more than %d environments", env.Name, l.environments).
		WithHint("name the last ones: what those come after need not be said again"))
	env.places.after, env.After = nil, nil
}

// affords reports whether an environment may have one more layer. The first one that it may not have is a fault.
func (f *flattener) affords(layer Layer) bool {
	if f.full {
		return false
	}
	switch {
	case len(f.layers)+len(f.chain) >= f.limits.layers:
		f.faults.Add(diag.Errorf(layer.Pos, "over-limit", "the environment has more than %d layers", f.limits.layers).
			WithHint("join layers that are always used together"))
	case len(f.chain) >= f.limits.chain:
		f.faults.Add(diag.Errorf(layer.Pos, "over-limit", "more than %d environments inherit one another", f.limits.chain).
			WithHint("extend the first of them directly"))
	default:
		return true
	}
	f.full = true
	return false
}

// someOf lists names for a hint, and not all of them when there are many.
func someOf(names []string) string {
	const most = 20
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(slices.Concat(names[:most], []string{"…"}), ", ")
}
