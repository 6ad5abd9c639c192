package policy

import (
	"strings"
	"unicode"

	"github.com/sluice-gitops/sluice/diag"
)

// scalar is a text of a YAML file. It finds the places of its runes in the file, whatever style the text is written in: YAML changes
// the white space of a text and little else, so the nth rune that is no white space is the nth one in the file.
type scalar struct {
	text  string
	pos   diag.Pos
	lines []string // of the whole file
}

// linesOf returns the lines of a file as positions count them.
func linesOf(data []byte) []string {
	return strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
}

// at returns the place of the rune at an offset of the text.
func (s scalar) at(offset int) diag.Pos {
	c := newCursor(s.lines, s.pos.Line-1, s.pos.Col-1)
	c.enter()
	runes := []rune(s.text)
	offset = min(max(offset, 0), len(runes))
	left := visible(runes[:offset])
	atEnd := left == visible(runes)
	for ; left > 0; left-- {
		c.skipBlank()
		c.step()
	}
	if !atEnd {
		c.skipBlank()
	}
	return diag.Pos{File: s.pos.File, Line: c.line + 1, Col: c.col + 1}
}

func visible(runes []rune) int {
	n := 0
	for _, r := range runes {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// cursor walks through a scalar as it is written.
type cursor struct {
	lines     []string
	line, col int    // from 0
	rest      []rune // what is left of the line
	quote     rune
}

func newCursor(lines []string, line, col int) *cursor {
	c := &cursor{lines: lines}
	c.goTo(line)
	c.skip(col)
	return c
}

// goTo goes to the begin of a line. After the last one there is nothing.
func (c *cursor) goTo(line int) {
	c.line, c.col, c.rest = line, 0, nil
	if line < len(c.lines) {
		c.rest = []rune(c.lines[line])
	}
}

func (c *cursor) skip(runes int) {
	runes = min(runes, len(c.rest))
	c.col, c.rest = c.col+runes, c.rest[runes:]
}

// enter goes to the first rune of the text, behind an anchor, a tag, a quote or the head of a block.
func (c *cursor) enter() {
	for len(c.rest) > 0 {
		switch c.rest[0] {
		case '&', '!':
			for len(c.rest) > 0 && !unicode.IsSpace(c.rest[0]) {
				c.skip(1)
			}
			c.skipBlank()
			continue
		case '|', '>':
			c.goTo(c.line + 1)
		case '"', '\'':
			c.quote = c.rest[0]
			c.skip(1)
		}
		return
	}
}

// skipBlank goes over white space and what is written for it.
func (c *cursor) skipBlank() {
	for {
		switch {
		case len(c.rest) == 0 && c.line+1 >= len(c.lines):
			return
		case len(c.rest) == 0:
			c.goTo(c.line + 1)
		case unicode.IsSpace(c.rest[0]):
			c.skip(1)
		case c.quote == '"' && c.rest[0] == '\\' && (len(c.rest) == 1 || strings.ContainsRune("ntrvN_LP \t\r", c.rest[1])):
			c.skip(2)
		default:
			return
		}
	}
}

// step goes over one rune that is no white space.
func (c *cursor) step() {
	width := 1
	switch {
	case len(c.rest) < 2:
	case c.quote == '\'' && c.rest[0] == '\'' && c.rest[1] == '\'':
		width = 2
	case c.quote == '"' && c.rest[0] == '\\':
		width = 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[c.rest[1]]
	}
	c.skip(width)
}
