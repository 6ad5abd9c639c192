package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts that are shown, in runes: of a name or subject among others, and of one that has the place for itself.
const (
	shortText = 120
	longText  = 4000
	boxedText = 600 // bytes, from which on a text gets a box
)

// text sets what others wrote apart from its surroundings, and cuts it where it is endless.
func text(s string) template.HTML { return template.HTML("<bdi>" + shown(s, shortText) + "</bdi>") }

// whole is text for a place where there is room. What is long scrolls in a box of its own.
func whole(s string) template.HTML {
	if len(s) > boxedText {
		return template.HTML(`<bdi class="boxed">` + shown(s, longText) + "</bdi>")
	}
	return template.HTML("<bdi>" + shown(s, longText) + "</bdi>")
}

func shown(s string, runes int) string { return template.HTMLEscapeString(cut(plain(s), runes)) }

// cut shortens a text to a number of runes.
func cut(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}

// plain makes what would be invisible or would turn the text around visible. Line breaks and tabs stay.
func plain(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, tricky) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			b.WriteString("\uFFFD")
		case tricky(r):
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// tricky are control characters, and those that change the direction of what stands around them.
func tricky(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F', r == '\u061C', r == '\uFEFF':
		return true
	}
	return unicode.IsControl(r)
}

// shortValue is how long a value is that stands in one line, in bytes.
const shortValue = 80

// value shows a JSON value as it would be written.
func value(v any) template.HTML {
	line, err := encoded(v, "")
	if err != nil {
		return text("(" + err.Error() + ")")
	}
	if len(line) > shortValue {
		if line, err = encoded(v, "  "); err != nil {
			return text("(" + err.Error() + ")")
		}
	}
	return whole(line)
}

func encoded(v any, indent string) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// firstLine returns the first line of a text.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// name is the name of an author without the address.
func name(author string) string {
	if n, _, found := strings.Cut(author, " <"); found && n != "" {
		return n
	}
	return author
}

// count says how many there are of something: "1 group", "1,000 groups".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped sets a comma before every third digit.
func grouped(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
