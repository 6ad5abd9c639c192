package replica

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
)

// share says which member should hold which group: by rendezvous hashing, so that few groups move when a member comes or goes, and none
// gets more than its part. Everybody who knows the same members comes to the same. Members names the groups that each can hold.
func share(members map[string][]string) map[string]string {
	able := map[string][]string{}
	for member, groups := range members {
		for _, group := range groups {
			able[group] = append(able[group], member)
		}
	}
	most := (len(able) + len(members) - 1) / max(1, len(members))
	held, load := map[string]string{}, map[string]int{}
	for _, group := range slices.SortedFunc(maps.Keys(able), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(able[a]), len(able[b])), cmp.Compare(a, b)) // those with the least choice first
	}) {
		ranked := ranking(group, able[group])
		held[group] = ranked[0]
		if i := slices.IndexFunc(ranked, func(member string) bool { return load[member] < most }); i >= 0 {
			held[group] = ranked[i]
		}
		load[held[group]]++
	}
	return held
}

func ranking(group string, members []string) []string {
	return slices.SortedFunc(slices.Values(members), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(b, group), weight(a, group)), cmp.Compare(a, b))
	})
}

func weight(member, group string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(member + "\x00" + group))
	// The last bytes of what is hashed hardly reach the first bits of an FNV hash (finaliser of MurmurHash3).
	h := hash.Sum64()
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
