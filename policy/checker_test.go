package policy_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

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

// TestACheckerLooksAgainAtWhatChanged changes a state in place, which nobody may: only so can be seen that it was not looked at.
func TestACheckerLooksAgainAtWhatChanged(t *testing.T) {
	var c policy.Checker
	const text = "policies: {a: {match: {environments: [prod]}, assert: 'resource.uri == \"/x\"'}}"
	set := load(t, text)
	spec := map[string]any{"uri": "/x"}
	state := state(spec)
	check := func(set policy.Set, env string, at time.Time) int { return len(c.Check(set, env, "eu", state, at)) }
	if n := check(set, "prod", newYear); n != 0 {
		t.Fatalf("%d faults", n)
	}
	spec["uri"] = "/y"
	if n := check(set, "prod", newYear.Add(time.Hour)); n != 0 {
		t.Error("the same state was looked at twice on one day")
	}
	for name, n := range map[string]int{
		"on another day":   check(set, "prod", newYear.Add(24*time.Hour)),
		"with another set": check(load(t, text), "prod", newYear.Add(24*time.Hour)),
	} {
		if n != 1 {
			t.Errorf("%s: %d faults, want 1", name, n)
		}
	}
	if n := check(set, "test", newYear); n != 0 {
		t.Errorf("another environment got these faults: %d", n)
	}
	if n := len(c.Check(policy.Set{}, "prod", "eu", state, newYear)); n != 0 {
		t.Errorf("no policies, but %d faults", n)
	}
}
