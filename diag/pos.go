package diag

import (
	"cmp"
	"strconv"
)

// Pos is a place in a file. File is a slash-separated path relative to the root of the config repo (or the path of the
// daemon's own file); Line and Col count from 1, Col in runes. The zero value means "no place is known".
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	// Revision is the commit of a file that a pin reads; empty for the commit that is being read.
	Revision string `json:"revision,omitempty"`
}

// IsZero reports whether no place is known.
func (p Pos) IsZero() bool { return p == Pos{} }

// shortRevision is how many digits of a commit a place shows.
const shortRevision = 7

// String returns "file:line:col", leaving out what is not known, and "@" with the commit's first digits where there is one; the
// zero value gives "".
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Col > 0 {
			s += ":" + strconv.Itoa(p.Col)
		}
	}
	if p.Revision != "" {
		s += "@" + p.Revision[:min(shortRevision, len(p.Revision))]
	}
	return s
}

func (p Pos) at(revision string) Pos {
	if p.Revision == "" && p.File != "" {
		p.Revision = revision
	}
	return p
}

// Compare orders by file, line and column, and then by commit.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col),
		cmp.Compare(p.Revision, q.Revision))
}
