package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// cell is one text of a table and its colour on a terminal; "" leaves it plain.
type cell struct{ text, colour string }

// table lays texts out in columns. Colours take no room, which text/tabwriter can't know.
type table struct{ rows [][]cell }

// add appends a row. A text of somebody else can't break its line, nor turn or colour what stands around it.
func (t *table) add(cells ...cell) {
	for i := range cells {
		cells[i].text = visibleLine(cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

// write prints the rows, two spaces between columns and none at the end of a line.
func (t *table) write(w io.Writer) error {
	paint := painter(w)
	widths := t.widths()
	for _, row := range t.rows {
		var line strings.Builder
		room := 0
		for i, c := range row {
			if c.text != "" {
				line.WriteString(strings.Repeat(" ", room) + paint(c.colour, c.text))
				room = 0
			}
			room += widths[i] - utf8.RuneCountInString(c.text) + 2
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	return widths
}
