package forge

import (
	"encoding/json"
	"strings"
	"unicode"
)

// words finds what an error answer says, in the ways of all forges.
func words(body []byte) string {
	var told struct {
		Message any   `json:"message"`
		Error   any   `json:"error"`
		Errors  []any `json:"errors"`
	}
	if json.Unmarshal(body, &told) != nil {
		return ""
	}
	var parts []string
	for _, said := range []any{told.Message, told.Error} {
		if text := flat(said); text != "" {
			parts = append(parts, text)
		}
	}
	for _, one := range told.Errors {
		if text := fieldFault(one); text != "" {
			parts = append(parts, text)
		}
	}
	return cut(oneLine(strings.Join(parts, ": ")), mostWords)
}

// fieldFault returns what one of a list of errors says: GitHub sends some as texts, most with a field and a code.
func fieldFault(one any) string {
	fault, ok := one.(map[string]any)
	if !ok {
		return flat(one)
	}
	var parts []string
	for _, name := range []string{"field", "code", "message"} {
		if text := flat(fault[name]); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

// flat returns the text in a value that may be a text, or a list or a map of texts, as GitLab and Bitbucket answer.
func flat(said any) string {
	switch v := said.(type) {
	case string:
		return v
	case []any:
		var parts []string
		for _, one := range v {
			parts = append(parts, flat(one))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		if message, ok := v["message"].(string); ok {
			return message
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(raw)
	}
	return ""
}

// oneLine takes line ends and control characters out of a text that somebody else wrote.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// plainLine is one line of a text for people, cut to so many runes, without what would turn it around.
func plainLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	return cut(oneLine(text), most)
}

// cut shortens a text to so many runes.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
