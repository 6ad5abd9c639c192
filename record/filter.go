package record

import (
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// Filter narrows Entries and Search. An empty field lets everything pass.
type Filter struct {
	Environment, Group string
	Whole              bool        // only entries of environments as a whole
	Commit             string      // the whole hash
	CommitPrefix       string      // how the hash begins
	State              State       // what the entry says at its newest
	Open               bool        // only entries that have been begun and not finished
	Reason             string      // as Entry.Reason
	ForCommit          bool        // leaves out what drift and rotated secrets brought
	Author             string      // part of the author, whatever the case
	Resource           gateway.Key // entries that have changed it
	Text               string      // part of the subject, the text or the error, whatever the case
	Since, Until       time.Time   // of the begin of the entry: not before the one, before the other
	Before             int64       // entries with a smaller ID
	Limit              int         // 0 means all
}

// passes reports whether an entry that was read fits.
func (f Filter) passes(e Entry) bool {
	switch {
	case f.Commit != "" && e.Commit != f.Commit, !strings.HasPrefix(e.Commit, f.CommitPrefix):
		return false
	case f.State != "" && e.State != f.State, f.Open && e.State.Final(), f.Reason != "" && e.Reason != f.Reason:
		return false
	case f.ForCommit && heals(e.Reason):
		return false
	case !f.Since.IsZero() && e.Started.Before(f.Since), !f.Until.IsZero() && !e.Started.Before(f.Until):
		return false
	case f.Resource != (gateway.Key{}) && !slices.ContainsFunc(e.Changes, func(c ChangeLine) bool { return c.Key == f.Resource }):
		return false
	}
	return holds(e.Author, f.Author) && (f.Text == "" || holds(e.Subject, f.Text) || holds(e.Text, f.Text) || holds(e.Error, f.Text))
}

// heals reports whether an entry of that reason keeps what runs, and brings no commit.
func heals(reason string) bool { return reason == "drift" || reason == "rotation" }

// holds reports whether part is in text, whatever the case.
func holds(text, part string) bool {
	return part == "" || strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// sieve holds traits against a filter. It may let more through than passes does, and never less.
type sieve struct {
	Filter
	commits     map[uint64]bool // nil: all
	authors     []bool          // by number
	state       uint8
	reason      uint16
	keys        uint64
	since, till uint32
	final       []bool // by number
	heals       []bool // by number of the reason
}

// sieve must be called under the lock.
func (v *View) sieve(f Filter) sieve {
	s := sieve{Filter: f, state: uint8(slices.Index(States(), f.State)), till: ^uint32(0)}
	s.commits = v.hashes(f)
	s.reason = unnumbered & 0xff
	if n := slices.Index(v.reasons.list, f.Reason); n >= 0 {
		s.reason = min(uint16(n), unnumbered&0xff)
	}
	for _, state := range States() {
		s.final = append(s.final, state.Final())
	}
	for _, reason := range v.reasons.list {
		s.heals = append(s.heals, heals(reason))
	}
	for _, author := range v.known.authors.list {
		s.authors = append(s.authors, holds(author, f.Author))
	}
	if f.Resource != (gateway.Key{}) {
		s.keys = keyBits(f.Resource)
	}
	if seconds := f.Since.Unix(); !f.Since.IsZero() && seconds > 0 {
		s.since = uint32(min(seconds, int64(^uint32(0))))
	}
	if seconds := f.Until.Unix(); !f.Until.IsZero() && seconds < int64(^uint32(0)) {
		s.till = uint32(max(seconds, 0))
	}
	return s
}

// hashes returns the hashes of the commits that are meant; nil means all.
func (v *View) hashes(f Filter) map[uint64]bool {
	switch {
	case f.Commit != "":
		return map[uint64]bool{commitHash(f.Commit): true}
	case f.CommitPrefix == "":
		return nil
	}
	meant := map[uint64]bool{}
	for _, commit := range v.fates.commits {
		if strings.HasPrefix(commit, f.CommitPrefix) {
			meant[commitHash(commit)] = true
		}
	}
	return meant
}

func (s *sieve) lets(at slot) bool {
	switch {
	case s.commits != nil && !s.commits[at.commit]:
		return false
	case s.State != "" && at.state != s.state, s.Open && s.final[at.state]:
		return false
	case s.Reason != "" && uint16(at.reason) != s.reason:
		return false
	case s.ForCommit && int(at.reason) < len(s.heals) && s.heals[at.reason] && at.reason != unnumbered&0xff:
		return false
	case s.Author != "" && at.author != unnumbered && !s.authors[at.author]:
		return false
	}
	return at.keys&s.keys == s.keys && at.started >= s.since && at.started <= s.till
}
