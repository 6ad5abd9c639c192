package schema

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// kinds are the types of the schema language, in our words, and how a value of each is written.
var kinds = map[string]struct{ word, hint string }{
	"string":  {"text", "quote it to make it text"},
	"number":  {"a number", "write a number without quotes"},
	"integer": {"a whole number", "write a whole number without quotes"},
	"boolean": {"true or false", "write true or false without quotes"},
	"array":   {"a list", "write a list: [a, b]"},
	"object":  {"a map", "write a map: {key: value}"},
	"null":    {"left out", "remove it"},
}

func kindWords(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = kinds[name].word
	}
	return joined(out, " or ")
}

func kindHint(names []string) string { return kinds[names[0]].hint }

// fitsAny reports whether a canonical value is of one of the types. A secret is text. An empty list and an empty map are one:
// the gateway can't tell them apart.
func fitsAny(names []string, v any) bool {
	if len(names) == 0 {
		return true
	}
	return slices.ContainsFunc(names, func(name string) bool { return fits(name, v) })
}

func fits(name string, v any) bool {
	switch v := v.(type) {
	case string, gateway.Secret:
		return name == "string"
	case bool:
		return name == "boolean"
	case int64:
		return name == "integer" || name == "number"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array" || name == "object" && len(v) == 0
	case map[string]any:
		return name == "object" || name == "array" && len(v) == 0
	}
	return false
}

// choice notes a value that is none of those that are taken.
func (w *walker) choice(values []any, v any) {
	if w.quiet {
		w.failed = true
		return
	}
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = shown(value)
	}
	hint := "write one of " + strings.Join(names, ", ")
	text, isText := v.(string)
	if !isText {
		what := "is none of the values that it can be"
		if _, secret := v.(gateway.Secret); !secret {
			what = "can't be " + shown(v)
		}
		w.fault(hint, "wrong-value", "%s", what)
		return
	}
	if near := suggest(text, names); near != "" {
		hint = `did you mean "` + near + `"?`
	}
	w.fault(hint, "wrong-value", "can't be %q", text)
}

func suggest(text string, names []string) string {
	for _, spelt := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
		if slices.Contains(names, spelt) {
			return spelt
		}
		if near := diag.Suggest(spelt, names); near != "" {
			return near
		}
	}
	return ""
}

func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case float64:
		return plainNumber(v)
	}
	return fmt.Sprint(v)
}

// patterns says in words what some regular expressions ask for.
var patterns = map[string][2]string{
	`^\S+$`:                          {"must not hold white space", "join words with hyphens"},
	`^[a-zA-Z0-9-_.]+$`:              {"must be an id", "write letters, digits, hyphens, dots and underscores"},
	`^[a-zA-Z0-9_\-]+$`:              {"must be a user name", "write letters, digits, hyphens and underscores"},
	`^\*$|^\*?[0-9a-zA-Z-._\[\]:]+$`: {"must be a host name", "write a name as a.example or *.example, without a scheme or path"},
	`^\*?[0-9a-zA-Z-._\[\]:/]+$`:     {"must be a host name", "write a name as a.example, without a scheme"},
	`^function`:                      {"must begin with function", "write function(vars) … end"},
	`^https?://`:                     {"must be a URL", "begin it with http:// or https://"},
	`^\/.*`:                          {"must be a path", "begin it with a slash"},
	`^[1-5][0-9]{2}$`:                {"must be a status", "write three digits, as 503"},
	`^([a-fA-F0-9]{0,4}:){1,8}(:[a-fA-F0-9]{0,4}){0,8}([a-fA-F0-9]{0,4})?/[0-9]{1,3}$`: {
		"must be a range of IPv6 addresses", "write an address or a range, as 10.0.0.0/8"},
	`^([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])/([12]?[0-9]|3[0-2])$`: {
		"must be a range of IPv4 addresses", "write an address or a range, as 10.0.0.0/8"},
}

func patternWords(pattern string) (what, hint string) {
	if known, ok := patterns[pattern]; ok {
		return known[0], known[1]
	}
	return "must match " + pattern, "it is a regular expression of the gateway's schema"
}

func formatWords(format string) (what, hint string) {
	const written = "write an address or a range, as 10.0.0.0/8"
	if format == "ipv4" {
		return "must be an IPv4 address", written
	}
	return "must be an IPv6 address", written
}

// joined lists names: "a", "a or b", "a, b or c".
func joined(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + last + names[len(names)-1]
}

func counted(n float64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return plainNumber(n) + " " + noun + "s"
}
