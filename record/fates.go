package record

// fates knows which commits the journal names, and which of them have come to an end in which environment.
type fates struct {
	commits []string          // in the order in which they were first named
	at      map[string]int    // where each stands among them
	known   map[string][]fate // by environment, in the order of commits; those behind its length have no end
}

// fate is what is known of a commit in an environment as a whole. The zero value has no end.
type fate struct{ ended, done, lost bool }

func newFates() fates { return fates{at: map[string]int{}, known: map[string][]fate{}} }

// name notes that the journal names a commit, and returns where it stands.
func (all *fates) name(commit string) int {
	i, named := all.at[commit]
	if !named {
		i = len(all.commits)
		all.at[commit] = i
		all.commits = append(all.commits, commit)
	}
	return i
}

// take notes what an entry says of its commit.
func (all *fates) take(e Entry) {
	i := all.name(e.Commit)
	if e.Group != "" || !e.State.Final() {
		return
	}
	of := all.known[e.Environment]
	for len(of) <= i {
		of = append(of, fate{})
	}
	done := e.State == Applied || e.State == Unchanged
	of[i] = fate{ended: true, done: done || of[i].done, lost: e.State == Superseded && e.CarriedBy == ""}
	all.known[e.Environment] = of
}

func (all *fates) of(environment, commit string) fate {
	i, named := all.at[commit]
	if of := all.known[environment]; named && i < len(of) {
		return of[i]
	}
	return fate{}
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

// Loose returns the commits that have no end in an environment as a whole, though the journal names them there or elsewhere, at most
// limit of them, the one that was first named last first. Among them are those that ended because the branch had lost them: they may
// come back.
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
