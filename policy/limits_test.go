package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// policies writes n policies of one expression.
func policies(n int, expression string) fstest.MapFS {
	var b strings.Builder
	b.WriteString("policies:\n")
	for i := range n {
		fmt.Fprintf(&b, "  p%d: {assert: '%s', severity: warn}\n", i, expression)
	}
	return fstest.MapFS{"policies/p.yaml": {Data: []byte(b.String())}}
}

func loadWithin(repo fstest.MapFS, change func(*limits)) (Set, diag.List) {
	l := standardLimits()
	change(&l)
	w := walker{fsys: repo, limits: l}
	w.walk(".", 0, func(name string) bool { return name == dir })
	return load(repo, w.files, w.faults, l)
}

// TestLimits holds each limit of what is read: exactly that much is taken, and one more is one fault with a place and a cure.
func TestLimits(t *testing.T) {
	deep := fstest.MapFS{"policies/a/p.yaml": {}, "policies/q.yaml": {}}
	tests := []struct {
		name   string
		repo   fstest.MapFS
		change func(*limits, int)
		least  int
		place  string
	}{
		{"policies", policies(3, "true"), func(l *limits, n int) { l.policies = n }, 3, "policies/p.yaml:4:3"},
		{"characters", policies(3, "true"), func(l *limits, n int) { l.runes = n }, 12, "policies/p.yaml:4:17"},
		{"entries", deep, func(l *limits, n int) { l.entries = n }, 2, "policies/a"},
		{"depth", deep, func(l *limits, n int) { l.depth = n }, 2, "policies/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, faults := loadWithin(tt.repo, func(l *limits) { tt.change(l, tt.least) }); len(faults) > 0 {
				t.Fatalf("at the limit: %v", faults)
			}
			_, faults := loadWithin(tt.repo, func(l *limits) { tt.change(l, tt.least-1) })
			if len(faults) != 1 || faults[0].Code != "over-limit" || faults[0].Hint == "" || faults[0].Pos.String() != tt.place {
				t.Fatalf("beyond the limit: %v", faults)
			}
		})
	}
}

func routes(n int) gateway.State {
	state := gateway.State{}
	for i := range n {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("r%04d", i)}
		state[key] = gateway.Resource{Key: key}
	}
	return state
}

// TestTheCostOfAllPolicies ends with the group's budget: the policies that are left count as broken, even those that only warn.
func TestTheCostOfAllPolicies(t *testing.T) {
	count := func(cost uint64) (broken int) {
		set, faults := loadWithin(policies(4, "state.routes.all(r, size(r) > 0)"), func(l *limits) { l.group = cost })
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		for _, fault := range set.Check("prod", "g", routes(10), time.Time{}) {
			if fault.Code == "policy-error" && fault.Severity == diag.Error {
				broken++
			}
		}
		return broken
	}
	if all, some, none := count(0), count(1500), count(1_000_000); all != 4 || some == 0 || some == 4 || none != 0 {
		t.Errorf("broken without a budget: %d of 4, within a small one %d, within a large one %d", all, some, none)
	}
}

// TestFaultsOfAPolicyHaveALimit holds that thousands of violations are told in part, and that a breakdown among them is.
func TestFaultsOfAPolicyHaveALimit(t *testing.T) {
	set, faults := loadWithin(policies(1, `id < "r0090" ? false : resource.uri == id`), func(l *limits) { l.faults = 10 })
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	found := set.Check("prod", "g", routes(100), time.Time{})
	if len(found) != 11 || !found.HasErrors() {
		t.Errorf("%d faults: %v", len(found), found)
	}
}

func TestLimitsAreDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "policies.md"))
	if err != nil {
		t.Fatal(err)
	}
	l := standardLimits()
	rows := []string{
		fmt.Sprintf("| all policies over one gateway group | %d,000,000 units", l.group/1_000_000),
		fmt.Sprintf("| one policy over one gateway group | %d,000,000 units", limitPolicy/1_000_000),
		fmt.Sprintf("| policies | %d, in %d,000 files and directories |", l.policies, l.entries/1000),
		fmt.Sprintf("| all expressions together | %d,000,000 characters |", l.runes/1_000_000),
		fmt.Sprintf("| faults that are told of one policy and of one gateway group | %d,000 |", l.faults/1000),
	}
	for _, row := range rows {
		if !strings.Contains(string(data), row) {
			t.Errorf("docs/policies.md has no row %s", row)
		}
	}
}
