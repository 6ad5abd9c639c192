package render

import (
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
)

// hasher is a file system that knows the content hashes of its files and directories, as a snapshot of a Git commit does.
// With it a Renderer tells without reading what did not change.
type hasher interface {
	Hash(path string) (string, bool)
}

func hashOf(fsys fs.FS, path string) (string, bool) {
	if known, ok := fsys.(hasher); ok {
		return known.Hash(path)
	}
	return "", false
}

// store keeps what was made from content with a hash. It is safe for concurrent use: what several ask for at once is made
// once.
type store[T any] struct {
	mu    sync.Mutex
	slots map[string]*slot[T]
}

type slot[T any] struct {
	once  sync.Once
	made  atomic.Bool
	value T
	used  int // the pass that asked last
	bytes int // about, where they are bounded
}

func (s *store[T]) get(key string, pass int, create func() T) T {
	s.mu.Lock()
	found, ok := s.slots[key]
	if !ok {
		found = &slot[T]{}
		if s.slots == nil {
			s.slots = map[string]*slot[T]{}
		}
		s.slots[key] = found
	}
	found.used = pass
	s.mu.Unlock()
	found.once.Do(func() {
		found.value = create()
		found.made.Store(true)
	})
	return found.value
}

// touch notes that a pass needs entries that it does not ask for itself. It returns those that are made.
func (s *store[T]) touch(pass int, keys ...string) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []T
	for _, key := range keys {
		if slot, ok := s.slots[key]; ok {
			slot.used = pass
			if slot.made.Load() {
				found = append(found, slot.value)
			}
		}
	}
	return found
}

// weigh notes how much an entry weighs, and lets those go for it that no pass has asked for since. It reports false when all of them still
// weigh more than most.
func (s *store[T]) weigh(key string, pass, bytes, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.slots[key]; ok {
		found.bytes = bytes
	}
	sum := 0
	for _, slot := range s.slots {
		sum += slot.bytes
	}
	for name, slot := range s.slots {
		if sum > most && slot.used < pass {
			sum -= slot.bytes
			delete(s.slots, name)
		}
	}
	return sum <= most
}

func (s *store[T]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.slots, key)
}

func (s *store[T]) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots = nil
}

// sweep drops what no pass since the given one has asked for.
func (s *store[T]) sweep(since int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, slot := range s.slots {
		if slot.used < since {
			delete(s.slots, key)
		}
	}
}

// passes counts commits: what the last two did not use is dropped. Two commits that take turns, as a branch and a pull
// request do, count as no progress.
type passes struct {
	mu    sync.Mutex
	now   int
	roots []string        // hashes of the last two commits
	seen  map[string]bool // groups rendered in this pass, where there are no hashes
}

// enter returns the number of the pass, and whether it has just begun.
func (p *passes) enter(fsys fs.FS, group string) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	root, hashed := hashOf(fsys, ".")
	again := !hashed && p.seen[group]
	fresh := hashed && !slices.Contains(p.roots, root)
	if again || fresh {
		p.now++
		p.seen = nil
	}
	if fresh {
		p.roots = append(p.roots[max(0, len(p.roots)-1):], root)
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[group] = true
	return p.now, again || fresh
}

func (s *store[T]) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.slots)
}
