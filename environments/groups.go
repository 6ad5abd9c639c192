package environments

import "github.com/sluice-gitops/sluice/diag"

// checkGroups reports gateway groups that are named twice: a group is the unit of isolation and has one owner. Both owners
// have the fault, since nothing says which of the two is right.
func checkGroups(envs []Environment) {
	// By pointer, since two names can have one place: a YAML alias stands where its anchor does.
	owners := map[string][]*placed{}
	for _, env := range envs {
		for i := range env.places.groups {
			group := &env.places.groups[i]
			owners[group.text] = append(owners[group.text], group)
		}
	}
	for i := range envs {
		for j := range envs[i].places.groups {
			group := &envs[i].places.groups[j]
			if other := otherThan(group, owners[group.text]); other != nil {
				envs[i].Faults.Add(duplicateGroup(*group, *other))
			}
		}
	}
}

// otherThan returns the first of the places that is another one, nil when there is none. One is enough for a fault: naming all of
// them to each other would take the square of their number.
func otherThan(group *placed, all []*placed) *placed {
	if all[0] != group {
		return all[0]
	}
	if len(all) > 1 {
		return all[1]
	}
	return nil
}

func duplicateGroup(group, other placed) diag.Diagnostic {
	return diag.Errorf(group.pos, "duplicate-group", "the gateway group %q is named twice", group.text).
		WithHint("a gateway group belongs to one wave of one environment").WithAlso(other.pos, "also named at")
}

// GroupPos returns the place at which environment.yaml names a gateway group; the environment's own when it names none.
func (e Environment) GroupPos(name string) diag.Pos {
	for _, group := range e.places.groups {
		if group.text == name {
			return group.pos
		}
	}
	return e.Pos
}
