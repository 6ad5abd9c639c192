package openapi

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"unicode/utf16"
)

// escape finds one escape of a JSON text; the halves of a character count as one.
var escape = regexp.MustCompile(`\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])`)

// plainJSON makes JSON readable as YAML, which knows no characters in two halves, no escaped slash and no tabs before keys. Places stay
// where they are, but for what stands behind such characters on their line.
func plainJSON(data []byte) []byte {
	if !json.Valid(data) {
		return data
	}
	data = bytes.ReplaceAll(data, []byte("\t"), []byte(" ")) // no text of JSON holds a tab
	return escape.ReplaceAllFunc(data, plainEscape)
}

func plainEscape(escape []byte) []byte {
	if escape[1] == '/' {
		return escape[1:]
	}
	if escape[1] != 'u' {
		return escape
	}
	units := make([]uint16, 0, 2)
	for _, digits := range bytes.Split(escape, []byte(`\u`))[1:] {
		unit, _ := strconv.ParseUint(string(digits), 16, 16)
		units = append(units, uint16(unit))
	}
	if !utf16.IsSurrogate(rune(units[0])) {
		return escape
	}
	return []byte(string(utf16.Decode(units))) // half a character becomes the replacement character, as in any reader of JSON
}
