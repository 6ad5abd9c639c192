package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deep lists and objects may stand in each other.
const maxDepth = 1000

// parseJSON reads one JSON value. Numbers keep fourteen digits, as they do where Lua writes them. Faults are worded as the
// real gateway's reader words them; places count from 1.
func parseJSON(text []byte) (any, error) {
	if at := tooDeep(text); at > 0 {
		return nil, fmt.Errorf("Found too many nested data structures (%d) at character %d", maxDepth+1, at)
	}
	var v any
	decoder := json.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&v)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("Expected %s but found T_END at character %d", expected(text), len(text)+1)
	case errors.As(err, &syntax):
		at := tokenStart(text, syntax.Offset)
		return nil, fmt.Errorf("Expected %s but found invalid token at character %d", expected(text[:at-1]), at)
	case err != nil:
		return nil, err
	}
	if rest := bytes.TrimLeft(text[decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("Expected the end but found invalid token at character %d", len(text)-len(rest)+1)
	}
	return rounded(v), nil
}

// tokenStart is where the word begins whose letter at offset was not understood; both count from 1.
func tokenStart(text []byte, offset int64) int64 {
	for offset > 1 && text[offset-2] >= 'a' && text[offset-2] <= 'z' {
		offset--
	}
	return max(offset, 1)
}

// expected says what the reader wants where the beginning of a document breaks off.
func expected(beginning []byte) string {
	var open []json.Delim
	decoder := json.NewDecoder(bytes.NewReader(beginning))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, token.(json.Delim))
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return "value"
	}
	inObject := open[len(open)-1] == '{'
	trimmed := bytes.TrimRight(beginning, " \t\r\n")
	switch last := trimmed[len(trimmed)-1]; {
	case last == '{' || last == ',' && inObject:
		return "object key string"
	case strings.IndexByte("[,:", last) >= 0:
		return "value"
	case inObject:
		return "comma or object end"
	}
	return "comma or array end"
}

// tooDeep returns where the nesting passes maxDepth, 0 when it never does.
func tooDeep(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return i + 1
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return 0
}
