package apply

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// rounds splits the changes of one step into lists that run one after the other. The changes of one list are of one kind and
// do not need each other, so they run side by side.
func rounds(changes []plan.Change) [][]plan.Change {
	kinds := gateway.Kinds()
	var all [][]plan.Change
	for _, kind := range kinds {
		all = append(all, layers(ofKind(changes, kind, false))...)
	}
	for _, kind := range slices.Backward(kinds) {
		up := layers(ofKind(changes, kind, true))
		slices.Reverse(up)
		all = append(all, up...)
	}
	// A kind that is not in the order is the caller's mistake, but its changes must not vanish from the result.
	if rest := slices.DeleteFunc(slices.Clone(changes), func(c plan.Change) bool { return c.Key.Kind.Valid() }); len(rest) > 0 {
		all = append(all, rest)
	}
	return all
}

func ofKind(changes []plan.Change, kind gateway.Kind, deletes bool) []plan.Change {
	var found []plan.Change
	for _, c := range changes {
		if c.Key.Kind == kind && (c.Op == plan.Delete) == deletes {
			found = append(found, c)
		}
	}
	return found
}

// layers orders changes of one kind so that what is referred to comes first (a stream route and its superior). Changes in a
// circle end up side by side in the last list.
func layers(changes []plan.Change) [][]plan.Change {
	waiting := make(map[gateway.Key]bool, len(changes))
	for _, c := range changes {
		waiting[c.Key] = true
	}
	var all [][]plan.Change
	for rest := changes; len(rest) > 0; {
		ready, later := split(rest, waiting)
		if len(ready) == 0 {
			return append(all, later)
		}
		all = append(all, ready)
		for _, c := range ready {
			delete(waiting, c.Key)
		}
		rest = later
	}
	return all
}

func split(changes []plan.Change, waiting map[gateway.Key]bool) (ready, later []plan.Change) {
	for _, c := range changes {
		if waits(c, waiting) {
			later = append(later, c)
		} else {
			ready = append(ready, c)
		}
	}
	return ready, later
}

// waits reports whether c refers to a change that is waiting, other than itself.
func waits(c plan.Change, waiting map[gateway.Key]bool) bool {
	r := subject(c)
	return r != nil && len(waiting) > 1 && slices.ContainsFunc(gateway.Refs(*r), func(ref gateway.Ref) bool {
		return ref.To != c.Key && waiting[ref.To]
	})
}

// subject returns the resource whose references order the change: what will stand, or for a delete what stands.
func subject(c plan.Change) *gateway.Resource {
	if c.Op == plan.Delete {
		return c.Old
	}
	return c.New
}

// references returns the keys that r refers to; none for nil.
func references(r *gateway.Resource) []gateway.Key {
	if r == nil {
		return nil
	}
	var keys []gateway.Key
	for _, ref := range gateway.Refs(*r) {
		keys = append(keys, ref.To)
	}
	return keys
}
