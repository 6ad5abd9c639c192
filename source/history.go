package source

import (
	"container/heap"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// Log returns the commits that are reachable from to and not from from, newest first, at most max of them; no limit when max
// is not positive. An empty from excludes nothing; to and from may be abbreviated. A commit that the mirror does not hold is
// ErrUnknownCommit.
func (r *Repository) Log(from, to string, max int) ([]Commit, error) {
	end, err := r.objects.resolve(to)
	if err != nil {
		return nil, err
	}
	excluded := map[plumbing.Hash]bool{}
	if from != "" {
		start, err := r.objects.resolve(from)
		if err != nil {
			return nil, err
		}
		if excluded, err = r.objects.pastOf(start); err != nil {
			return nil, err
		}
	}
	return r.objects.newest(end, excluded, max)
}

// isAncestor reports whether old is reachable from head.
func (o *objects) isAncestor(old, head plumbing.Hash) (bool, error) {
	found := false
	err := o.walk(head, nil, func(c revision) bool {
		found = c.Hash == old.String()
		return !found
	})
	return found, err
}

// ancestors returns head and all that is reachable from it.
func (o *objects) ancestors(head plumbing.Hash) (map[plumbing.Hash]bool, error) {
	all := map[plumbing.Hash]bool{}
	err := o.walk(head, nil, func(c revision) bool {
		all[plumbing.NewHash(c.Hash)] = true
		return true
	})
	return all, err
}

func (o *objects) newest(head plumbing.Hash, excluded map[plumbing.Hash]bool, max int) ([]Commit, error) {
	var commits []Commit
	err := o.walk(head, excluded, func(c revision) bool {
		commits = append(commits, c.Commit)
		return max <= 0 || len(commits) < max
	})
	if err != nil {
		return nil, err
	}
	return commits, nil
}

// walk visits head and what is reachable from it, newest first as far as is known, each commit once, without passing through
// the excluded ones, until visit returns false. A commit that can't be read is an error: a history with a hole is none.
func (o *objects) walk(head plumbing.Hash, excluded map[plumbing.Hash]bool, visit func(revision) bool) error {
	seen := map[plumbing.Hash]bool{}
	var next queue
	add := func(hash plumbing.Hash) error {
		if seen[hash] || excluded[hash] {
			return nil
		}
		seen[hash] = true
		c, err := o.commit(hash)
		if err != nil {
			return fmt.Errorf("read history: %w", err)
		}
		heap.Push(&next, c)
		return nil
	}
	if err := add(head); err != nil {
		return err
	}
	for next.Len() > 0 {
		c := heap.Pop(&next).(revision)
		if !visit(c) {
			return nil
		}
		if o.shallow[plumbing.NewHash(c.Hash)] {
			continue
		}
		for _, parent := range c.parents {
			if err := add(parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// queue is a heap of commits, the newest on top.
type queue []revision

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].When.After(q[j].When) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(c any)        { *q = append(*q, c.(revision)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	*q = (*q)[:last]
	return c
}
