package source

import (
	"strings"
	"unicode"
)

// mostSubject is the longest subject and author that is handed on, in characters. The whole message stays in Commit.Message.
const mostSubject = 200

// line makes a text of a stranger fit for terminals, logs and the journal: valid UTF-8, nothing that steers a terminal, not
// longer than mostSubject.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != ' ' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.TrimSpace(text))
	if runes := []rune(text); len(runes) > mostSubject {
		return string(runes[:mostSubject-1]) + "…"
	}
	return text
}
