package source

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// At returns the snapshot of a commit that the mirror holds, without asking the remote. The hash may be cut to four digits or
// more, as long as it names one commit only. A commit that the mirror does not hold is ErrUnknownCommit.
func (r *Repository) At(hash string) (Snapshot, error) {
	full, err := r.objects.resolve(hash)
	if err != nil {
		return Snapshot{}, err
	}
	return r.snapshot(full)
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{4,40}$`)

// resolve returns the one commit whose hash begins with text.
func (o *objects) resolve(text string) (plumbing.Hash, error) {
	text = strings.ToLower(text)
	if !hexadecimal.MatchString(text) {
		return plumbing.ZeroHash, &Error{
			What: fmt.Sprintf("commit %q", text),
			Hint: "give 4 to 40 hexadecimal digits",
			Err:  ErrUnknownCommit,
		}
	}
	candidates, err := o.commitsLike(text)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("look for commit %s: %w", text, err)
	}
	switch len(candidates) {
	case 0:
		return plumbing.ZeroHash, o.unknown(text)
	case 1:
		return plumbing.NewHash(candidates[0]), nil
	}
	return plumbing.ZeroHash, ambiguous(text, candidates)
}

// ambiguous is the error of an abbreviation that stands for several commits. It is one of ErrUnknownCommit too: none was found.
func ambiguous(text string, candidates []string) error {
	slices.Sort(candidates)
	return &Error{
		What: fmt.Sprintf("commit %s is ambiguous", text),
		Hint: "it could be " + strings.Join(candidates, " or "),
		Err:  fmt.Errorf("%w: %w", ErrAmbiguous, ErrUnknownCommit),
	}
}

func (o *objects) commitsLike(text string) ([]string, error) {
	prefix, err := hex.DecodeString(text[:len(text)/2*2])
	if err != nil {
		return nil, err
	}
	var commits []string
	err = o.locked(func(handle *filesystem.Storage) error {
		hashes, err := handle.HashesWithPrefix(prefix)
		if err != nil {
			return err
		}
		commits, err = onlyCommits(handle, hashes, text)
		return err
	})
	slices.Sort(commits)
	return slices.Compact(commits), err // two packs may hold the same
}

func onlyCommits(handle *filesystem.Storage, hashes []plumbing.Hash, prefix string) ([]string, error) {
	var commits []string
	for _, hash := range hashes {
		if !strings.HasPrefix(hash.String(), prefix) {
			continue
		}
		object, err := handle.EncodedObject(plumbing.AnyObject, hash)
		if err != nil {
			return nil, err
		}
		if object.Type() == plumbing.CommitObject {
			commits = append(commits, hash.String())
		}
	}
	return commits, nil
}
