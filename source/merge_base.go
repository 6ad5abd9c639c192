package source

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrUnrelated: two commits have no past in common, so they can't be merged.
var ErrUnrelated = errors.New("the commits have no history in common")

// mergeBases returns the newest common ancestors of two commits: those that lead to no other one. Two branches that were merged crosswise
// have several.
func (o *objects) mergeBases(into, head plumbing.Hash) ([]revision, error) {
	ours, err := o.pastOf(into)
	if err != nil {
		return nil, err
	}
	if ours[head] {
		return o.revisions(head)
	}
	found, err := o.meets(head, ours)
	if err != nil {
		return nil, err
	}
	if found, err = o.newestOf(found); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("merge %s into %s: %w", short(head.String()), short(into.String()), ErrUnrelated)
	}
	return o.revisions(found...)
}

// meets returns the commits at which the ways back from head come upon what is known.
func (o *objects) meets(head plumbing.Hash, known map[plumbing.Hash]bool) ([]plumbing.Hash, error) {
	var found []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	err := o.walk(head, known, func(c revision) bool {
		for _, parent := range c.parents {
			if known[parent] && !seen[parent] {
				seen[parent] = true
				found = append(found, parent)
			}
		}
		return true
	})
	return found, err
}

// newestOf leaves out the commits that lead to another one.
func (o *objects) newestOf(commits []plumbing.Hash) ([]plumbing.Hash, error) {
	if len(commits) < 2 {
		return commits, nil
	}
	older := map[plumbing.Hash]bool{}
	for _, commit := range commits {
		past, err := o.ancestors(commit)
		if err != nil {
			return nil, err
		}
		delete(past, commit)
		for _, other := range commits {
			older[other] = older[other] || past[other]
		}
	}
	var newest []plumbing.Hash
	for _, commit := range commits {
		if !older[commit] {
			newest = append(newest, commit)
		}
	}
	return newest, nil
}

func (o *objects) revisions(hashes ...plumbing.Hash) ([]revision, error) {
	var all []revision
	for _, hash := range hashes {
		c, err := o.commit(hash)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
