package importer

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Group is a gateway group to import.
type Group struct {
	Name        string
	Environment string        // the environment that the group is to belong to
	Live        gateway.State // all that the group holds; it is not changed
	// Defaults tells what the gateway fills in by itself, which is left out; nil leaves nothing out.
	Defaults gateway.Defaults
}

// Options say how the config repo is laid out. The zero value gives each environment its own files, one for each kind.
type Options struct {
	// Common names the gateway groups whose shared resources go to layers that their environments inherit. All groups of an
	// environment must be named, or none.
	Common []string
	// Split gives each service a layer of its own, with its routes and all that it alone uses.
	Split bool
	// Source says in the files where they come from, as "the gateway group prod-eu".
	Source string
}

// Repo is a config repo that has not been written yet.
type Repo struct {
	Files   map[string][]byte // by slash-separated path from the root
	Secrets []SecretUse       // in order of name
	Env     []string          // the environment variables that the files name, in order
	// Faults are what can't be expressed. Where they hold an error the files do not tell everything.
	Faults diag.List
}

// SecretUse is a secret that the files name with ${secret(…)}.
type SecretUse struct {
	Name   string
	Places []Place
	// Value is what the gateway shows; unresolved where it shows none, so that a person has to supply it.
	Value gateway.Secret
}

// Place is where a secret stands.
type Place struct {
	Group string
	Key   gateway.Key
	Path  gateway.Path
}

// Import returns the config repo of the groups.
func Import(groups []Group, options Options) Repo {
	fragments, secrets := named(cleaned(groups))
	repo := Repo{Files: map[string][]byte{}, Secrets: secrets}
	l := layout{repo: &repo, options: options, groups: groups, fragments: fragments}
	l.write()
	repo.Env = variables(fragments)
	repo.Files["secrets.md"] = secretsPage(repo.Secrets, repo.Env)
	if len(repo.Secrets) == 0 && len(repo.Env) == 0 {
		delete(repo.Files, "secrets.md")
	}
	repo.Faults = repo.Faults.Sorted()
	return repo
}

// cleaned returns what a person would write of each group.
func cleaned(groups []Group) []Group {
	out := slices.Clone(groups)
	for i, group := range groups {
		state := make(gateway.State, len(group.Live))
		for key, resource := range group.Live {
			c := cleaner{key: key, defaults: group.Defaults}
			state[key] = gateway.Resource{Key: key, Spec: sealed(key, c.body(resource.Spec))}
		}
		out[i].Live = state
	}
	return out
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
