package render

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/environments"
)

// mostFloors is how many floors are kept: those that environments with the same layers share, at this commit and the last. Where every
// environment pins its layers elsewhere none is shared, and making one again costs less than keeping it.
const mostFloors = 4

// floors keeps the floors that were asked for last. It is safe for concurrent use.
type floors struct {
	store[*floor]
	turn   sync.Mutex
	recent []string
}

func (f *floors) get(key string, create func() *floor) *floor {
	f.turn.Lock()
	f.recent = append(slices.DeleteFunc(f.recent, func(other string) bool { return other == key }), key)
	if len(f.recent) > mostFloors {
		f.drop(f.recent[0])
		f.recent = f.recent[1:]
	}
	f.turn.Unlock()
	return f.store.get(key, 0, create)
}

// floorOf returns the floor that a job stands on, from the cache when the hashes of its layers are known.
func (r *Renderer) floorOf(j *job) *floor {
	n := floorLayers(j.env, j.layers)
	lay := func() *floor { return layFloor(j.read[:n], j.set, j.budget.limits) }
	// The set is part of what is kept, so that no other can have its address.
	key := []string{fmt.Sprintf("%p", j.set)}
	for _, l := range j.layers[:n] {
		part, ok := treeOf(l, j.fsys).key(l.Path)
		if !ok {
			return lay()
		}
		key = append(key, part)
	}
	return r.floors.get(strings.Join(key, "\n"), lay)
}

// floorLayers is the number of layers that other gateway groups have as well: what an environment inherits, and its own where it has
// several groups.
func floorLayers(env environments.Environment, layers []environments.Layer) int {
	if len(env.Groups()) > 1 {
		return len(env.Layers)
	}
	return max(0, min(len(layers), len(env.Layers)-1))
}
