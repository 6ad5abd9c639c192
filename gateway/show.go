package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Show writes a canonical value on one line for people: JSON with sorted keys, texts without quotes when they stand alone and
// need none, secrets as ***.
func Show(v any) string {
	if text, ok := v.(string); ok && text != "" && plainText(text) && !strings.ContainsRune(text, ' ') {
		return text
	}
	if _, ok := v.(Secret); ok {
		return masked
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "?"
	}
	return strings.TrimRight(buf.String(), "\n")
}
