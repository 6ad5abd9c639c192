package render

import (
	"io/fs"
	"slices"
	"sync"
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
	value T
	used  int // the pass that asked last
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
	found.once.Do(func() { found.value = create() })
	return found.value
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
