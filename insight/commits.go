package insight

import (
	"cmp"
	"errors"
	"path"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// mostCommits bounds how many commits are remembered.
const mostCommits = 4096

// commits remembers what the mirror says of commits, which never changes. The zero value remembers none.
type commits struct {
	mu    sync.Mutex
	known map[string]source.Commit
}

func (c *commits) get(hash string) (source.Commit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	commit, ok := c.known[hash]
	return commit, ok
}

func (c *commits) put(commit source.Commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostCommits {
		c.known = map[string]source.Commit{}
	}
	c.known[commit.Hash] = commit
}

// commit returns what is known of a commit. One that the mirror does not hold has its hash alone.
func (m *Model) commit(hash string) Commit {
	if hash == "" {
		return Commit{}
	}
	known, ok := m.commits.get(hash)
	if !ok {
		snapshot, err := m.config.Mirror.At(hash)
		if err != nil {
			return Commit{Hash: hash, URL: m.commitURL(hash)}
		}
		known = snapshot.Commit
		known.Message = "" // it may be long, and is not shown
		m.commits.put(known)
	}
	return Commit{Hash: known.Hash, Subject: known.Subject, Author: known.Author, When: known.When, URL: m.commitURL(known.Hash)}
}

// commitOf returns the commit of an entry, which the mirror may not hold any more.
func (m *Model) commitOf(e record.Entry) Commit {
	commit := m.commit(e.Commit)
	commit.Subject, commit.Author = cmp.Or(commit.Subject, e.Subject), cmp.Or(commit.Author, e.Author)
	if commit.When.IsZero() {
		commit.When = e.When
	}
	return commit
}

func (m *Model) commitURL(hash string) string {
	if m.config.CommitURL == nil {
		return ""
	}
	return m.config.CommitURL(hash)
}

// place returns where something stands that was read at a commit; nil for the zero Pos.
func (m *Model) place(commit string, pos diag.Pos) *Place {
	if pos.IsZero() {
		return nil
	}
	p := &Place{File: pos.File, Line: pos.Line, Col: pos.Col, Revision: pos.Revision}
	if at := cmp.Or(pos.Revision, commit); m.config.FileURL != nil && pos.File != "" && at != "" {
		p.URL = m.config.FileURL(at, path.Join(m.config.Root, pos.File), pos.Line)
	}
	return p
}

// resolve returns the whole hash of a commit, which may be cut to four digits, as far as the mirror or the journal knows it.
func (m *Model) resolve(text string) (string, error) {
	const shortest = 4
	if len(text) < shortest || strings.Trim(text, "0123456789abcdef") != "" {
		return "", &QueryError{"commit", "it is not a hash, or fewer than four digits of one"}
	}
	snapshot, err := m.config.Mirror.At(text)
	if err == nil {
		return snapshot.Commit.Hash, nil
	}
	if errors.Is(err, source.ErrAmbiguous) {
		return "", &QueryError{"commit", "several commits begin with " + text}
	}
	named := m.config.Past.CommitsLike(text, 2)
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return "", &QueryError{"commit", "several commits begin with " + text}
	case errors.Is(err, source.ErrUnknownCommit):
		return "", &NotFoundError{"commit " + text}
	}
	return "", err
}

// resolveAs is resolve for a part of a question that has a name of its own.
func (m *Model) resolveAs(field, text string) (string, error) {
	hash, err := m.resolve(text)
	if query, ok := errors.AsType[*QueryError](err); ok {
		return "", &QueryError{field, query.What}
	}
	return hash, err
}
