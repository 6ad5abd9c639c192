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
}

// IsZero reports whether no place is known.
func (p Pos) IsZero() bool { return p == Pos{} }

// String returns "file:line:col", leaving out what is not known; the zero value gives "".
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Col > 0 {
			s += ":" + strconv.Itoa(p.Col)
		}
	}
	return s
}

// Compare orders by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}
