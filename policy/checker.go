package policy

import (
	"io/fs"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Checker loads and checks, and keeps what it can use again: the policies of the last commits by their content, and for each gateway
// group what was found last. The zero value is ready. It is safe for concurrent use.
type Checker struct {
	mu     sync.Mutex
	loaded []loaded // the newest last
	found  map[holder]found
}

// mostLoaded is how many contents of policies/ are kept: those of the newest commit, of the one before, and of some that
// environments still run.
const mostLoaded = 4

// loaded is what Load made of one content.
type loaded struct {
	hash   string
	set    Set
	faults diag.List
}

// Subject is what is held against policies: what a gateway group of an environment comes to at a commit.
type Subject struct {
	Environment, Group string
	Commit             string // empty where it is not known
	Digest             string // of the state; Judge finds it where it is empty
}

// holder is a gateway group of an environment.
type holder struct{ environment, group string }

// found is what was found last for a gateway group. It keeps nothing of the state.
type found struct {
	set    Set
	at     Subject
	day    string
	faults diag.List
}

// isFor reports whether it would be found again. Where something was found that holds only at the same commit: it has places in files.
func (f found) isFor(set Set, at Subject, day string) bool {
	return f.set.is(set) && f.day == day && f.at.Digest == at.Digest && (len(f.faults) == 0 || at.Commit != "" && f.at.Commit == at.Commit)
}

// hasher is a file system that knows the content hashes of its directories, as a snapshot of a Git commit does.
type hasher interface {
	Hash(path string) (string, bool)
}

// Load is the function Load, which is not called again for a content that was loaded before.
func (c *Checker) Load(fsys fs.FS) (Set, diag.List) {
	known, ok := fsys.(hasher)
	if !ok {
		return Load(fsys)
	}
	hash, ok := known.Hash(dir)
	if !ok {
		return Load(fsys)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, before := range c.loaded {
		if before.hash == hash {
			return before.set, before.faults
		}
	}
	set, faults := Load(fsys)
	c.loaded = append(c.loaded[max(0, len(c.loaded)-mostLoaded+1):], loaded{hash, set, faults})
	return set, faults
}

// Known returns what Judge would return, and reports whether that is known without a look at the state: because the same was found
// in order before by the same policies on the same day, or something was found in it at the same commit.
func (c *Checker) Known(set Set, at Subject, now time.Time) (diag.List, bool) {
	if len(set.policies) == 0 {
		return nil, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.found[holder{at.Environment, at.Group}]
	return last.faults, last.isFor(set, at, dayOf(now))
}

// Judge is Set.Check, which is not called again for what is known. The state must have the digest that at names, if it names one.
func (c *Checker) Judge(set Set, at Subject, state gateway.State, now time.Time) diag.List {
	if at.Digest == "" && len(set.policies) > 0 {
		at.Digest = state.Digest()
	}
	if faults, known := c.Known(set, at, now); known {
		return faults
	}
	faults := set.Check(at.Environment, at.Group, state, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[holder]found{}
	}
	c.found[holder{at.Environment, at.Group}] = found{set, at, dayOf(now), faults}
	return faults
}

// Check is Judge for a state of which neither the commit nor the digest is told.
func (c *Checker) Check(set Set, environment, group string, state gateway.State, now time.Time) diag.List {
	return c.Judge(set, Subject{Environment: environment, Group: group}, state, now)
}

func dayOf(now time.Time) string { return now.UTC().Format(time.DateOnly) }

// is reports whether both came from one Load that found policies.
func (s Set) is(other Set) bool {
	return len(s.policies) > 0 && len(other.policies) > 0 && &s.policies[0] == &other.policies[0]
}
