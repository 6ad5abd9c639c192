package source

import (
	"bytes"
	"slices"
)

// lineMerge merges two edits of one file line by line. Changes that overlap or touch each other are a conflict, unless both sides say
// the same: what a person has to decide is never guessed.
type lineMerge struct {
	base, ours, theirs [][]byte
	out                [][]byte
	conflict           int // the line of theirs at which the first conflict stands, from 1; 0: none
}

// mergeLines returns the merged content, or the line of theirs at which the first conflict stands.
func mergeLines(base, ours, theirs []byte) (merged []byte, conflict int) {
	m := &lineMerge{base: splitLines(base), ours: splitLines(ours), theirs: splitLines(theirs)}
	m.run(edits(m.base, m.ours), edits(m.base, m.theirs))
	if m.conflict > 0 {
		return nil, m.conflict
	}
	return bytes.Join(m.out, nil), 0
}

// splitLines keeps the ends of lines: a file without a last one differs from one with it.
func splitLines(data []byte) [][]byte {
	return slices.Collect(bytes.Lines(data))
}

// run walks both lists of edits over the base.
func (m *lineMerge) run(ours, theirs []edit) {
	at, shiftOurs, shiftTheirs := 0, 0, 0
	for len(ours) > 0 || len(theirs) > 0 {
		from := m.start(ours, theirs)
		m.out = append(m.out, m.base[at:from]...)
		to, nOurs, nTheirs := together(from, ours, theirs)
		mine := span(from, to, shiftOurs, ours[:nOurs])
		other := span(from, to, shiftTheirs, theirs[:nTheirs])
		m.choose(m.ours[mine.from:mine.to], m.theirs[other.from:other.to], nOurs > 0, nTheirs > 0, other.from+1)
		shiftOurs, shiftTheirs = mine.to-to, other.to-to
		ours, theirs, at = ours[nOurs:], theirs[nTheirs:], to
	}
	m.out = append(m.out, m.base[at:]...)
}

// start is where the next edit begins in the base.
func (m *lineMerge) start(ours, theirs []edit) int {
	first := len(m.base)
	if len(ours) > 0 {
		first = min(first, ours[0].from)
	}
	if len(theirs) > 0 {
		first = min(first, theirs[0].from)
	}
	return first
}

// together returns the end in the base of all edits that hang together from a place on, and how many of each side those are.
func together(from int, ours, theirs []edit) (to, nOurs, nTheirs int) {
	to = from
	for {
		switch {
		case nOurs < len(ours) && ours[nOurs].from <= to:
			to = max(to, ours[nOurs].to)
			nOurs++
		case nTheirs < len(theirs) && theirs[nTheirs].from <= to:
			to = max(to, theirs[nTheirs].to)
			nTheirs++
		default:
			return to, nOurs, nTheirs
		}
	}
}

// stretch is a range of lines.
type stretch struct{ from, to int }

// span is what the lines [from, to) of the base have become on one side. Shift is how much further that side stands before them.
func span(from, to, shift int, all []edit) stretch {
	end := to + shift
	for _, e := range all {
		end += e.with - (e.to - e.from)
	}
	return stretch{from + shift, end}
}

// choose takes the side that has changed; where both have, they must have become the same.
func (m *lineMerge) choose(ours, theirs [][]byte, changedOurs, changedTheirs bool, line int) {
	switch {
	case !changedTheirs || slices.EqualFunc(ours, theirs, bytes.Equal):
		m.out = append(m.out, ours...)
	case !changedOurs:
		m.out = append(m.out, theirs...)
	case m.conflict == 0:
		m.conflict = line
	}
}
