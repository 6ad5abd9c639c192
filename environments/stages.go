package environments

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// checkAfter reports stages that follow what does not exist, or follow themselves.
func checkAfter(envs []Environment) {
	byName := map[string]*Environment{}
	var names []string
	for i := range envs {
		byName[envs[i].Name] = &envs[i]
		names = append(names, envs[i].Name)
	}
	for i := range envs {
		for _, after := range envs[i].places.after {
			if byName[after.text] == nil {
				envs[i].Faults.Add(diag.Errorf(after.pos, "unknown-stage", "%s comes after %q, which is no environment", envs[i].Name, after.text).
					WithHint("%s", diag.DidYouMean(after.text, names, "the environments are "+someOf(names))))
			}
		}
		if chain := findCycle(byName, []string{envs[i].Name}); chain != nil {
			envs[i].Faults.Add(stageCycle(byName, chain))
		}
	}
}

// findCycle returns the way from the first of path back to itself, nil when there is none.
func findCycle(byName map[string]*Environment, path []string) []string {
	seen := map[string]bool{}
	var walk func(path []string) []string
	walk = func(path []string) []string {
		for _, next := range byName[path[len(path)-1]].After {
			if next == path[0] {
				return append(slices.Clone(path), next)
			}
			if byName[next] == nil || seen[next] {
				continue
			}
			seen[next] = true
			if found := walk(append(path, next)); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(path)
}

func stageCycle(byName map[string]*Environment, chain []string) diag.Diagnostic {
	fault := diag.Errorf(afterPos(byName[chain[0]], chain[1]), "stage-cycle", "%s comes after itself: %s", chain[0], strings.Join(chain, " after ")).
		WithHint("remove one of these after")
	for i := 1; i < len(chain)-1; i++ {
		fault = fault.WithAlso(afterPos(byName[chain[i]], chain[i+1]), fmt.Sprintf("%s comes after %s at", chain[i], chain[i+1]))
	}
	return fault
}

func afterPos(env *Environment, name string) diag.Pos {
	for _, after := range env.places.after {
		if after.text == name {
			return after.pos
		}
	}
	return env.Pos
}

// inStages orders environments so that each stands behind those it comes after, and else by name. What is in a cycle comes
// last.
func inStages(envs []Environment) []Environment {
	var ordered []Environment
	placed := map[string]bool{}
	known := map[string]bool{}
	for _, env := range envs {
		known[env.Name] = true
	}
	open := func(env Environment) bool {
		return !placed[env.Name] && !slices.ContainsFunc(env.After, func(name string) bool { return known[name] && !placed[name] })
	}
	for len(ordered) < len(envs) {
		i := slices.IndexFunc(envs, open)
		if i < 0 {
			i = slices.IndexFunc(envs, func(env Environment) bool { return !placed[env.Name] })
		}
		placed[envs[i].Name] = true
		ordered = append(ordered, envs[i])
	}
	return ordered
}
