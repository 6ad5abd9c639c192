package simulation

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// chance is what the seed decides. Only the conductor asks it, so that the order of the questions is that of the run.
type chance struct{ *rand.Rand }

func newChance(seed uint64) chance { return chance{rand.New(rand.NewPCG(seed, 0x51ce))} }

// oneIn is true once in n times.
func (c chance) oneIn(n int) bool { return c.IntN(n) == 0 }

// between returns a number from low to high, both included.
func (c chance) between(low, high int) int { return low + c.IntN(high-low+1) }

// span returns a time up to most.
func (c chance) span(most time.Duration) time.Duration {
	return time.Duration(c.Int64N(int64(most) + 1))
}

// pick returns one of several.
func pick[T any](c chance, several ...T) T { return several[c.IntN(len(several))] }

// pickKey returns a key of a map that is not empty, whatever the order of the map.
func pickKey[K cmp.Ordered, V any](c chance, m map[K]V) K {
	return pick(c, slices.Sorted(maps.Keys(m))...)
}
