package record

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// fates knows which commits the journal names, and which of them have come to an end in which environment.
type fates struct {
	commits []string          // in the order in which they were first named
	at      map[string]int    // where each stands among them
	known   map[string][]fate // by environment, in the order of commits; those behind its length have no end
}

// fate is what is known of a commit in an environment as a whole. The zero value has no end.
type fate struct{ named, ended, done, lost, carried bool }

func newFates() fates { return fates{at: map[string]int{}, known: map[string][]fate{}} }

// name notes that an entry or a status of an environment names a commit, and returns what is known of it there.
func (all *fates) name(environment, commit string) *fate {
	i, named := all.at[commit]
	if !named {
		i = len(all.commits)
		all.at[commit] = i
		all.commits = append(all.commits, commit)
	}
	of := all.known[environment]
	for len(of) <= i {
		of = append(of, fate{})
	}
	all.known[environment] = of
	of[i].named = true
	return &of[i]
}

// take notes what an entry says of its commit.
func (all *fates) take(e Entry) {
	known := all.name(e.Environment, e.Commit)
	if e.Group != "" || !e.State.Final() {
		return
	}
	known.ended, known.lost = true, e.State == Superseded && (e.CarriedBy == "" || e.Outcome == Superseded)
	known.carried = e.State == Superseded && e.CarriedBy != "" && e.Outcome == ""
	known.done = known.done || e.State == Applied || e.State == Unchanged
}

func (all *fates) of(environment, commit string) fate {
	i, named := all.at[commit]
	if of := all.known[environment]; named && i < len(of) {
		return of[i]
	}
	return fate{}
}

// Knows reports whether an entry or a status names a commit.
func (v *View) Knows(commit string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, named := v.fates.at[commit]
	return named
}

// HasEnd reports whether a commit has come to an end in an environment as a whole.
func (v *View) HasEnd(environment, commit string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.fates.of(environment, commit).ended
}

// WasDone reports whether a commit was ever applied, or changed nothing, in an environment as a whole.
func (v *View) WasDone(environment, commit string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.fates.of(environment, commit).done
}

// WasLost reports whether a commit's end in an environment is that the branch had lost it, or the one that carries it: nothing carries it now.
func (v *View) WasLost(environment, commit string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.fates.of(environment, commit).lost
}

// Loose returns the commits that have no end in an environment as a whole, though the journal names them there or elsewhere, at most
// limit of them, the one that was first named last first. Among them are those that ended because the branch had lost them, or what
// carries them: they may come back.
func (v *View) Loose(environment string, limit int) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var loose []string
	of := v.fates.known[environment]
	for i := len(v.fates.commits) - 1; i >= 0 && len(loose) < limit; i-- {
		if i >= len(of) || !of[i].ended || of[i].lost {
			loose = append(loose, v.fates.commits[i])
		}
	}
	return loose
}

// Named returns how many commits the journal names.
func (v *View) Named() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.fates.commits)
}

// ShownOpen returns the commits that have come to an end in an environment as a whole and whose newest status under a context, posted or
// not, is that of a step on the way, the one that the journal named first first. What another commit carries and has no outcome yet is not
// among them: it is on its way.
func (v *View) ShownOpen(environment, context string) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var open []string
	for at := range v.pending {
		if known := v.fates.of(environment, at.commit); at.context == context && known.ended && !known.carried {
			open = append(open, at.commit)
		}
	}
	slices.SortFunc(open, func(a, b string) int { return cmp.Compare(v.fates.at[a], v.fates.at[b]) })
	return open
}

// Carried returns the commits that another one carries in an environment, which had come to no end when that was noted, the one that the
// journal named first first.
func (v *View) Carried(environment string) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var carried []string
	for i, known := range v.fates.known[environment] {
		if known.carried {
			carried = append(carried, v.fates.commits[i])
		}
	}
	return carried
}

// Environments returns the names of all environments that an entry or a status concerns, in order.
func (v *View) Environments() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Sorted(maps.Keys(v.fates.known))
}

// OpenIn returns the commits that an entry or a status of an environment names and that have no end in it as a whole, the one that the
// journal named last first.
func (v *View) OpenIn(environment string) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var open []string
	for i, known := range slices.Backward(v.fates.known[environment]) {
		if known.named && !known.ended {
			open = append(open, v.fates.commits[i])
		}
	}
	return open
}

// CommitsLike returns the commits that the journal names whose hashes begin so, at most limit of them, the one that was first named first.
func (v *View) CommitsLike(prefix string, limit int) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var found []string
	for _, commit := range v.fates.commits {
		if len(found) < limit && strings.HasPrefix(commit, prefix) {
			found = append(found, commit)
		}
	}
	return found
}
