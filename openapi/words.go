package openapi

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What gateways of any version take, in bytes.
const (
	longestName = 100
	longestDesc = 256
	longestID   = 64
	longestTag  = 100
)

// cut shortens a text to so many bytes, and shows it.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[:most-len("…")]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return strings.TrimRight(text, " ") + "…"
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// slug makes a part of an id or a label of a text; "" when it holds no letter or digit that may stand there.
func slug(text string) string {
	return strings.Trim(notInID.ReplaceAllString(text, "-"), "-._")
}

// labels are the tags of an operation, each by a key of its own since gateways find labels by their keys.
func labels(o Operation) map[string]any {
	found := map[string]any{}
	for _, tag := range o.tags {
		if name := slug(tag); name != "" {
			found["tag-"+name[:min(len(name), longestTag)]] = "true"
		}
	}
	if o.deprecated {
		found["deprecated"] = "true"
	}
	return found
}
