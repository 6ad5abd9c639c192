package simulation

import (
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/source"
)

// revision is one commit of the simulated config repo.
type revision struct {
	source.Snapshot
	content content
	parent  *revision // nil for the first
}

// remote is the config repo: every commit that ever was, and where the branch stands.
type remote struct {
	all    map[string]*revision
	byRoot map[string]*revision // by the hash of the tree
	order  []*revision          // as they were made
	head   *revision
	stale  *revision // where a lagging copy of the remote says that the branch stands; nil: there is none
	down   bool
	known  map[string]bool // what the daemon's mirror holds, which outlasts the daemon
	last   string          // what the mirror's branch points at
}

func newRemote() *remote {
	return &remote{all: map[string]*revision{}, byRoot: map[string]*revision{}, known: map[string]bool{}}
}

// commit puts a commit on top of parent, and the branch on it.
func (r *remote) commit(parent *revision, c content, subject string) *revision {
	return r.commitWith(parent, c, subject, "")
}

// commitWith is commit with trailers at the end of the message.
func (r *remote) commitWith(parent *revision, c content, subject, trailers string) *revision {
	hash := digest(fmt.Sprint(len(r.order), subject, c.number))
	next := &revision{content: c, parent: parent}
	next.Commit = source.Commit{
		Hash: hash, Author: "Ann <ann@acme.example>", Subject: subject, Message: subject + "\n\n" + trailers, When: time.Now(),
	}
	if parent != nil {
		next.Commit.Parents = []string{parent.Commit.Hash}
	}
	next.FS = newTree(c.files())
	r.all[hash], r.byRoot[next.root()] = next, next
	r.order = append(r.order, next)
	r.head = next
	return next
}

// seen is what the remote shows: the head, or an older one.
func (r *remote) seen() *revision {
	if r.stale != nil {
		return r.stale
	}
	return r.head
}

// fetched brings a commit and its past into the mirror.
func (r *remote) fetched(head *revision) {
	r.last = head.Commit.Hash
	for c := head; c != nil && !r.known[c.Commit.Hash]; c = c.parent {
		r.known[c.Commit.Hash] = true
	}
}

// isAncestor reports whether the line that leads to head goes through old.
func isAncestor(old string, head *revision) bool {
	for c := head; c != nil; c = c.parent {
		if c.Commit.Hash == old {
			return true
		}
	}
	return false
}

// short is a commit for people.
func (r *revision) short() string { return fmt.Sprintf("%s (%s)", r.Commit.Short(), r.Commit.Subject) }
