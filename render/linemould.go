package render

import (
	"bytes"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// lineMould is what a resource adds to the digest, cut at the holes. Without parts each line is written anew.
type lineMould struct {
	parts [][]byte
	holes []int // which one comes after each part but the last
}

// cutLine cuts the line of a mould: each hole gets a mark that stands nowhere else in it.
func (m *mould) cutLine() lineMould {
	marked := m.first.resource
	spec := any(marked.Spec)
	for i, h := range m.holes {
		spec = put(spec, h.at, markText(i))
	}
	marked.Spec, _ = spec.(map[string]any)
	var cut lineMould
	for rest := marked.AppendLine(nil); ; {
		at, hole := nextMark(rest, len(m.holes))
		if hole < 0 {
			cut.parts = append(cut.parts, rest)
			break
		}
		cut.parts, cut.holes = append(cut.parts, rest[:at]), append(cut.holes, hole)
		rest = rest[at+len(holeMark(hole)):]
	}
	texts := make([]string, len(m.holes))
	for i, h := range m.holes {
		texts[i] = m.first.texts[h.leaf]
	}
	if len(cut.holes) != len(m.holes) || !bytes.Equal(cut.fill(m.first.resource, texts), m.first.line) {
		return lineMould{}
	}
	return cut
}

func markText(hole int) string { return fmt.Sprintf("\t%d\t", hole) }

// holeMark is how the text of a mark is written in a line.
func holeMark(hole int) []byte { return gateway.AppendCanonical(nil, markText(hole)) }

// nextMark finds the first mark in a line; hole is below 0 when there is none.
func nextMark(line []byte, holes int) (at, hole int) {
	at, hole = len(line), -1
	for i := range holes {
		if found := bytes.Index(line, holeMark(i)); found >= 0 && found < at {
			at, hole = found, i
		}
	}
	return at, hole
}

// fill returns the line with texts in the holes.
func (l lineMould) fill(r gateway.Resource, texts []string) []byte {
	if l.parts == nil {
		return r.AppendLine(nil)
	}
	size := 0
	for _, part := range l.parts {
		size += len(part)
	}
	for _, text := range texts {
		size += len(text) + 2
	}
	line := append(make([]byte, 0, size), l.parts[0]...)
	for i, hole := range l.holes {
		line = append(gateway.AppendCanonical(line, texts[hole]), l.parts[i+1]...)
	}
	return line
}
