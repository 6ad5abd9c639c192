package policy_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
)

// hashed is a file system with a content hash, which counts how often it is looked into.
type hashed struct {
	fstest.MapFS
	hash  string
	reads int
}

func (h *hashed) Hash(string) (string, bool) { return h.hash, true }

func (h *hashed) Open(name string) (fs.File, error) {
	h.reads++
	return h.MapFS.Open(name)
}

func (h *hashed) ReadDir(name string) ([]fs.DirEntry, error) {
	h.reads++
	return h.MapFS.ReadDir(name)
}

func (h *hashed) ReadFile(name string) ([]byte, error) {
	h.reads++
	return h.MapFS.ReadFile(name)
}

func TestACheckerLoadsEachContentOnce(t *testing.T) {
	var c policy.Checker
	const broken = "policies: {a: {assert: '1 +'}}"
	repo := &hashed{MapFS: repo(broken), hash: "one"}
	_, first := c.Load(repo)
	reads := repo.reads
	if _, again := c.Load(repo); repo.reads != reads || again.Error() != first.Error() || !again.HasErrors() {
		t.Errorf("the same content was read again (%d, then %d reads), or lost its faults: %v", reads, repo.reads, again)
	}
	repo.hash = "two"
	if c.Load(repo); repo.reads == reads {
		t.Error("another content was not read")
	}
	for _, hash := range []string{"three", "four", "five"} {
		repo.hash = hash
		c.Load(repo)
	}
	reads, repo.hash = repo.reads, "one"
	if c.Load(repo); repo.reads == reads {
		t.Error("what was loaded long ago is kept for ever")
	}
}

// TestACheckerLooksAgainAtWhatChanged tells the same digest of different states, which nobody may: only so can be seen what is looked at.
func TestACheckerLooksAgainAtWhatChanged(t *testing.T) {
	const text = "policies: {a: {match: {environments: [prod]}, assert: 'resource.uri == \"/x\"'}}"
	set, good, bad := load(t, text), state(map[string]any{"uri": "/x"}), state(map[string]any{"uri": "/y"})
	before := policy.Subject{Environment: "prod", Group: "eu", Commit: "one", Digest: "d"}
	with := func(change func(*policy.Subject)) policy.Subject {
		other := before
		change(&other)
		return other
	}
	for _, step := range []struct {
		name   string
		first  gateway.State
		set    policy.Set
		at     policy.Subject
		later  time.Duration
		looked bool
	}{
		{"the same", good, set, before, time.Hour, false},
		{"what was in order, at another commit", good, set, with(func(s *policy.Subject) { s.Commit = "two" }), 0, false},
		{"what was not in order, at the same commit", bad, set, before, 0, false},
		{"what was not in order, at another commit", bad, set, with(func(s *policy.Subject) { s.Commit = "two" }), 0, true},
		{"what was not in order, at no commit", bad, set, with(func(s *policy.Subject) { s.Commit = "" }), 0, true},
		{"another digest", good, set, with(func(s *policy.Subject) { s.Digest = "e" }), 0, true},
		{"another group", good, set, with(func(s *policy.Subject) { s.Group = "us" }), 0, true},
		{"another day", good, set, before, 24 * time.Hour, true},
		{"other policies", good, load(t, text), before, 0, true},
	} {
		var c policy.Checker
		second, faults := bad, len(c.Judge(set, before, step.first, newYear))
		if faults > 0 {
			second = good
		}
		_, known := c.Known(step.set, step.at, newYear.Add(step.later))
		again := len(c.Judge(step.set, step.at, second, newYear.Add(step.later)))
		if looked := again != faults; looked != step.looked || known == step.looked {
			t.Errorf("%s: looked at again is %v, known is %v", step.name, looked, known)
		}
	}
}

// TestACheckerWithoutPolicies knows everything.
func TestACheckerWithoutPolicies(t *testing.T) {
	var c policy.Checker
	if faults, known := c.Known(policy.Set{}, policy.Subject{Environment: "prod"}, newYear); !known || len(faults) > 0 {
		t.Errorf("known is %v, faults are %v", known, faults)
	}
	if n := len(c.Check(policy.Set{}, "prod", "eu", state(map[string]any{"uri": "/y"}), newYear)); n != 0 {
		t.Errorf("no policies, but %d faults", n)
	}
}

// TestCheckFindsItsOwnDigest looks again at a state that was changed in place.
func TestCheckFindsItsOwnDigest(t *testing.T) {
	var c policy.Checker
	set, spec := load(t, "policies: {a: {assert: 'resource.uri == \"/x\"'}}"), map[string]any{"uri": "/x"}
	first := len(c.Check(set, "prod", "eu", state(spec), newYear))
	spec["uri"] = "/y"
	if second := len(c.Check(set, "prod", "eu", state(spec), newYear)); first != 0 || second != 1 {
		t.Errorf("%d and %d faults, want 0 and 1", first, second)
	}
}
