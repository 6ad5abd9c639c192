package admin

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stars stand for what must not be shown.
const stars = "***"

// scrub replaces what must not be shown, as it stands and however often a JSON text was put into another. The longest goes first:
// a secret may be part of another one, whose rest would stay. It costs a look for each of hidden, and more only for those that
// are there.
func scrub(text string, hidden []string) string {
	bare := barely(text)
	var there []string
	for _, value := range hidden {
		if value != "" && (strings.Contains(text, value) || bare.mayHold(value)) {
			there = append(there, value)
		}
	}
	slices.SortFunc(there, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, value := range there {
		text = barely(strings.ReplaceAll(text, value, stars)).without(barely(value).text)
	}
	return text
}

// bareText is a text without its escapes, the same whatever the number of JSON strings around it: backslashes are gone, and every run of
// white space and control characters is one blank.
type bareText struct {
	full string
	text string
	from []int // where in full each byte of text comes from
}

// escaped are the bytes by which a text differs from its bare form.
const escaped = "\\\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f \x7f"

func barely(full string) bareText {
	b := bareText{full: full, text: full}
	if !strings.ContainsAny(full, escaped) {
		return b
	}
	text := make([]byte, 0, len(full))
	for at := 0; at < len(full); {
		r, size := nextBare(full[at:])
		blank := r <= ' ' || r == 0x7f
		switch {
		case r < 0 || blank && len(text) > 0 && text[len(text)-1] == ' ':
		case blank:
			text, b.from = append(text, ' '), append(b.from, at)
		default:
			before := len(text)
			if text = utf8.AppendRune(text, r); r == utf8.RuneError {
				text = append(text[:before], full[at:at+size]...)
			}
			for range len(text) - before {
				b.from = append(b.from, at)
			}
		}
		at += size
	}
	b.text = string(text)
	return b
}

// nextBare reads one character or escape. The character is negative for backslashes that stand for none.
func nextBare(text string) (r rune, size int) {
	slashes := len(text) - len(strings.TrimLeft(text, `\`))
	rest := text[slashes:]
	if slashes == 0 || rest == "" {
		if slashes > 0 {
			return -1, slashes
		}
		return utf8.DecodeRuneInString(text)
	}
	if strings.IndexByte("bfnrt", rest[0]) >= 0 {
		return ' ', slashes + 1
	}
	const digits = 4
	if rest[0] == 'u' && len(rest) > digits {
		if code, err := strconv.ParseUint(rest[1:1+digits], 16, 16); err == nil {
			return rune(code), slashes + 1 + digits
		}
	}
	r, size = utf8.DecodeRuneInString(rest)
	return r, slashes + size
}

// mayHold reports whether value may be in the text. It is sure of a no, and cheap: most values are in no text.
func (b bareText) mayHold(value string) bool {
	plain := value
	if end := strings.IndexAny(value, escaped); end >= 0 {
		plain = value[:end]
	}
	return strings.Contains(b.text, plain)
}

// without returns the full text with every place of a bare value replaced.
func (b bareText) without(value string) string {
	value = strings.Trim(value, " ")
	if value == "" {
		return b.full
	}
	var kept strings.Builder
	rest := 0 // of the full text
	for at := 0; ; {
		next := strings.Index(b.text[at:], value)
		if next < 0 {
			return kept.String() + b.full[rest:]
		}
		at += next
		kept.WriteString(b.full[rest:b.place(at)] + stars)
		at += len(value)
		rest = b.place(at)
	}
}

// place is where in the full text a byte of the bare one begins.
func (b bareText) place(at int) int {
	switch {
	case at == len(b.text):
		return len(b.full)
	case b.from == nil:
		return at
	}
	return b.from[at]
}
