package insight

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// ValueBytes is the longest value of a field that is shown whole, as JSON. A longer one becomes a text: its beginning, and how long it is.
const ValueBytes = 2000

// FieldsShown is how many fields of a resource are shown at most.
const FieldsShown = 100

// plain returns a value as JSON has it, with secrets as ***: nothing of it is shared with a state. A long one is cut.
func plain(value any) any {
	if value == nil {
		return nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "?"
	}
	text := bytes.TrimRight(b.Bytes(), "\n")
	if len(text) > ValueBytes {
		return fmt.Sprintf("%s… (%d bytes)", uncut(text[:ValueBytes]), len(text))
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a large number stays what it is
	var read any
	if err := decoder.Decode(&read); err != nil {
		return "?"
	}
	return read
}

// uncut leaves out a character that was cut at the end.
func uncut(text []byte) []byte {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return text[:i]
			}
			break
		}
	}
	return text
}
