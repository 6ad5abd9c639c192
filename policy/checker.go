package policy

import (
	"io/fs"
	"reflect"
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
	found  map[subject]found
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

// subject is a gateway group of an environment.
type subject struct{ environment, group string }

// found is what one Check found. What it was found for is told by identity: neither sets nor rendered states ever change, and
// found keeps them alive, so that no other can take their place.
type found struct {
	set    Set
	state  gateway.State
	day    string
	faults diag.List
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

// Check is Set.Check, which does not look again at the very state that it has looked at last with the same set on the same day. The
// state must not be changed afterwards.
func (c *Checker) Check(set Set, environment, group string, state gateway.State, now time.Time) diag.List {
	if len(set.policies) == 0 {
		return nil
	}
	at, day := subject{environment, group}, now.UTC().Format(time.DateOnly)
	c.mu.Lock()
	last, ok := c.found[at]
	c.mu.Unlock()
	if ok && last.day == day && last.set.is(set) && same(last.state, state) {
		return last.faults
	}
	faults := set.Check(environment, group, state, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[subject]found{}
	}
	c.found[at] = found{set, state, day, faults}
	return faults
}

// is reports whether both came from one Load that found policies.
func (s Set) is(other Set) bool {
	return len(s.policies) > 0 && len(other.policies) > 0 && &s.policies[0] == &other.policies[0]
}

// same reports whether both are one map.
func same(a, b gateway.State) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}
