package source

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Commit is one commit of the config repo.
type Commit struct {
	Hash    string    // 40 hexadecimal digits
	Parents []string  // hashes; none for a first commit
	Author  string    // "Name <address>", fit for a terminal
	Subject string    // the first line of the message, fit for a terminal and cut to 200 characters
	Message string    // the whole message
	When    time.Time // when it was committed, which a rebase renews; not when it was written
}

// Short returns the first seven digits of the hash, for people.
func (c Commit) Short() string { return short(c.Hash) }

func short(hash string) string { return hash[:min(7, len(hash))] }

// revision is a commit as the object store has it.
type revision struct {
	Commit
	tree    plumbing.Hash
	parents []plumbing.Hash
}

func (o *objects) commit(hash plumbing.Hash) (revision, error) {
	data, err := o.read(plumbing.CommitObject, hash)
	if err != nil {
		return revision{}, fmt.Errorf("read commit %s: %w", hash, err)
	}
	return revisionOf(hash, data)
}

// revisionOf decodes a commit.
func revisionOf(hash plumbing.Hash, data []byte) (revision, error) {
	c, err := decodeCommit(data)
	if err != nil {
		return revision{}, fmt.Errorf("read commit %s: %w", hash, err)
	}
	r := revision{tree: c.TreeHash, parents: c.ParentHashes, Commit: Commit{
		Hash:    hash.String(),
		Author:  line(fmt.Sprintf("%s <%s>", c.Author.Name, c.Author.Email)),
		Message: c.Message,
		When:    c.Committer.When,
	}}
	subject, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n")
	r.Subject = line(subject)
	for _, parent := range c.ParentHashes {
		r.Parents = append(r.Parents, parent.String())
	}
	return r, nil
}

func decodeCommit(data []byte) (*object.Commit, error) {
	encoded := &plumbing.MemoryObject{}
	encoded.SetType(plumbing.CommitObject)
	if _, err := encoded.Write(data); err != nil {
		return nil, err
	}
	c := &object.Commit{}
	return c, c.Decode(encoded)
}
