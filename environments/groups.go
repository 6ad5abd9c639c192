package environments

import "github.com/sluice-gitops/sluice/diag"

// checkGroups reports gateway groups that are named twice: a group is the unit of isolation and has one owner. Both owners
// have the fault, since nothing says which of the two is right.
func checkGroups(envs []Environment) {
	owners := map[string][]diag.Pos{}
	for _, env := range envs {
		for _, group := range env.places.groups {
			owners[group.text] = append(owners[group.text], group.pos)
		}
	}
	for i := range envs {
		for _, group := range envs[i].places.groups {
			for _, other := range owners[group.text] {
				if other != group.pos {
					envs[i].Faults.Add(diag.Errorf(group.pos, "duplicate-group", "the gateway group %q is named twice", group.text).
						WithHint("a gateway group belongs to one wave of one environment").WithAlso(other, "also named at"))
				}
			}
		}
	}
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
