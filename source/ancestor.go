package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Ancestor returns the snapshot of the one commit that head descends from, head itself included, whose hash begins with text.
// It asks nothing of the remote. Errors, wrapped in an Error: ErrUnknownCommit, ErrAmbiguous, and ErrNotAncestor for a commit
// that the mirror holds and that is no part of the line that leads to head, as after a force-push.
func (r *Repository) Ancestor(text, head string) (Snapshot, error) {
	end, err := r.objects.resolve(head)
	if err != nil {
		return Snapshot{}, err
	}
	hash, err := r.objects.ancestorLike(text, end)
	if err != nil {
		return Snapshot{}, err
	}
	return r.snapshot(hash)
}

// ancestorLike returns the one commit on the way to head whose hash begins with text.
func (o *objects) ancestorLike(text string, head plumbing.Hash) (plumbing.Hash, error) {
	text = strings.ToLower(text)
	if !hexadecimal.MatchString(text) {
		_, err := o.resolve(text)
		return plumbing.ZeroHash, err
	}
	past, err := o.pastOf(head)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	found := likeIn(past, text)
	switch len(found) {
	case 0:
		return plumbing.ZeroHash, o.strange(text, head)
	case 1:
		return plumbing.NewHash(found[0]), nil
	}
	return plumbing.ZeroHash, ambiguous(text, found)
}

// likeIn returns the hashes that begin with text.
func likeIn(commits map[plumbing.Hash]bool, text string) []string {
	if hash := plumbing.NewHash(text); len(text) == 2*len(hash) {
		if commits[hash] {
			return []string{text}
		}
		return nil
	}
	var found []string
	for hash := range commits {
		if full := hash.String(); strings.HasPrefix(full, text) {
			found = append(found, full)
		}
	}
	return found
}

// strange says why a commit is no ancestor of head: it stands elsewhere, or nowhere.
func (o *objects) strange(text string, head plumbing.Hash) error {
	elsewhere, err := o.commitsLike(text)
	if err != nil {
		return fmt.Errorf("look for commit %s: %w", text, err)
	}
	if len(elsewhere) == 0 {
		return o.unknown(text)
	}
	return &Error{
		What: fmt.Sprintf("commit %s does not lead to %s", text, short(head.String())),
		Hint: "it stands on another branch, or the branch was rewritten without it",
		Err:  ErrNotAncestor,
	}
}

// unknown is the error of a commit that is not there. Of a shallow clone that says nothing of the repository.
func (o *objects) unknown(text string) error {
	if len(o.shallow) > 0 {
		return &Error{
			What: "commit " + text,
			Hint: "fetch all of it: git fetch --unshallow; in GitHub Actions: fetch-depth: 0, in GitLab CI: GIT_DEPTH: 0",
			Err:  ErrShallow,
		}
	}
	return &Error{What: "commit " + text, Hint: "check the hash; only what was fetched is there", Err: ErrUnknownCommit}
}

// past is what leads to one commit, the commit itself included.
type past struct {
	head    plumbing.Hash
	commits map[plumbing.Hash]bool
}

// mostPasts is how many pasts are kept: environments stand at few different commits.
const mostPasts = 4

// pastOf returns what leads to head. The pasts asked for last are kept, and grow with the branch: only what is new is read. Whoever
// gets one must not change it.
func (o *objects) pastOf(head plumbing.Hash) (map[plumbing.Hash]bool, error) {
	o.pastTurn.Lock()
	defer o.pastTurn.Unlock()
	if i := slices.IndexFunc(o.pasts, func(p past) bool { return p.head == head }); i >= 0 {
		known := o.pasts[i]
		copy(o.pasts[1:i+1], o.pasts[:i])
		o.pasts[0] = known
		return known.commits, nil
	}
	commits, err := o.grown(head)
	if err == nil && commits == nil {
		commits, err = o.ancestors(head)
	}
	if err != nil {
		return nil, err
	}
	o.pasts = append([]past{{head, commits}}, o.pasts[:min(len(o.pasts), mostPasts-1)]...)
	return commits, nil
}

// grown returns what leads to head by what is known of a commit before it; nil when nothing is.
func (o *objects) grown(head plumbing.Hash) (map[plumbing.Hash]bool, error) {
	for _, known := range o.pasts {
		if known.commits[head] { // an older commit: what leads to it is less than what is known
			continue
		}
		if commits, err := o.since(head, known); commits != nil || err != nil {
			return commits, err
		}
	}
	return nil, nil
}

// since returns what leads to head: what is known, and what has come after it; nil when the known head is no part of it.
func (o *objects) since(head plumbing.Hash, known past) (map[plumbing.Hash]bool, error) {
	var after []plumbing.Hash
	met := false
	err := o.walk(head, known.commits, func(c revision) bool {
		after = append(after, plumbing.NewHash(c.Hash))
		met = met || slices.Contains(c.parents, known.head)
		return true
	})
	if err != nil || !met {
		return nil, err
	}
	commits := maps.Clone(known.commits)
	for _, hash := range after {
		commits[hash] = true
	}
	return commits, nil
}
