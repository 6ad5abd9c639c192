package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible shows the characters of a text of somebody else that a terminal would obey or that turn the text around, as ‹U+202E›. Line breaks
// and tabs stay.
func visible(text string) string {
	return spelled(text, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) })
}

// visibleLine is visible for a text that has one line to itself.
func visibleLine(text string) string { return spelled(text, hidden) }

func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF'
}

func spelled(text string, odd func(rune) bool) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, odd) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // what is not UTF-8 comes as U+FFFD
		if odd(r) {
			fmt.Fprintf(&b, "‹U+%04X›", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
