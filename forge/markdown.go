package forge

import (
	"fmt"
	"strings"
	"unicode"
)

// Code writes a text that somebody else wrote as code in Markdown, so that nothing in it is taken for markup, HTML or a mention. What would
// turn the text around is spelled out, as ‹U+202E›.
func Code(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "�") {
		switch {
		case unicode.Is(unicode.Bidi_Control, r), r == '\uFEFF':
			fmt.Fprintf(&b, "‹U+%04X›", r)
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			b.WriteRune(' ')
		default:
			b.WriteRune(r)
		}
	}
	if text = b.String(); strings.TrimSpace(text) == "" {
		return "(empty)"
	}
	fence := strings.Repeat("`", longestFence(text)+1)
	if len(fence) > 1 || strings.HasPrefix(text, " ") {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// longestFence is how many backticks follow each other at most.
func longestFence(text string) int {
	longest, now := 0, 0
	for _, r := range text {
		if now++; r != '`' {
			now = 0
		}
		longest = max(longest, now)
	}
	return longest
}
