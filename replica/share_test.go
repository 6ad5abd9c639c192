package replica

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawMembers(t *rapid.T, groups int) map[string][]string {
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprint("group-", i)
	}
	members := map[string][]string{}
	for i := range rapid.IntRange(1, 6).Draw(t, "members") {
		members[fmt.Sprintf("%016x", i*7919)] = names
	}
	return members
}

// TestShareIsEven: every group has one holder that knows it, none has more than its part, and everybody comes to the same.
func TestShareIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(0, 200).Draw(t, "groups")
		members := drawMembers(t, groups)
		held := share(members)
		if len(held) != groups {
			t.Fatalf("%d of %d groups are held", len(held), groups)
		}
		load := map[string]int{}
		for group, member := range held {
			if !slices.Contains(members[member], group) {
				t.Fatalf("%s does not know %s", member, group)
			}
			load[member]++
		}
		for member, groupsHeld := range load {
			if most := (groups + len(members) - 1) / len(members); groupsHeld > most {
				t.Fatalf("%s holds %d of %d groups, more than %d", member, groupsHeld, groups, most)
			}
		}
		if again := share(maps.Clone(members)); !maps.Equal(held, again) {
			t.Fatal("another one comes to another share")
		}
	})
}

// TestFewGroupsMove: who leaves gives its groups away, and of the rest less than a third moves.
func TestFewGroupsMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const groups = 300
		members := drawMembers(t, groups)
		if len(members) < 3 {
			return
		}
		before := share(members)
		leaver := slices.Sorted(maps.Keys(members))[0]
		delete(members, leaver)
		moved := 0
		for group, member := range share(members) {
			if before[group] != leaver && before[group] != member {
				moved++
			}
		}
		if moved > groups/3 {
			t.Fatalf("%d of %d groups moved between those that stayed", moved, groups)
		}
	})
}

// TestOnlyWhoKnowsAGroupHoldsIt: a replica with another daemon's file gets no group that it can't work at.
func TestOnlyWhoKnowsAGroupHoldsIt(t *testing.T) {
	held := share(map[string][]string{"1": {"eu", "us"}, "2": {"eu"}, "3": nil})
	if held["us"] != "1" || held["eu"] != "2" {
		t.Errorf("held: %v", held)
	}
}
