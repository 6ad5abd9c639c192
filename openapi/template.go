package openapi

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// template is the path of an operation, cut into what is written and what stands for something.
type template []piece

// piece is a text, or a parameter.
type piece struct {
	literal string // decoded, as gateways see it
	name    string // of a parameter
	param   bool
	greedy  bool // a parameter that takes slashes, too
}

const longestURI = 4096

// parseTemplate cuts a path. Problem says why no route can take it, "" when one can.
func parseTemplate(path string) (t template, problem string) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, "it does not begin with /"
	case strings.ContainsAny(path, "?#"):
		return nil, "it holds a query or a fragment"
	case strings.IndexFunc(path, unicode.IsControl) >= 0:
		return nil, "it holds a control character"
	case len(path) > longestURI/2:
		return nil, "it is too long"
	}
	for rest := path; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			return append(t, literal(rest)), ""
		}
		if at > 0 {
			t = append(t, literal(rest[:at]))
		}
		name, after, closed := strings.Cut(rest[at+1:], "}")
		if rest[at] == '}' || !closed || name == "" || strings.ContainsAny(name, "{/") {
			return nil, "its braces do not match"
		}
		t = append(t, parameter(name))
		rest = after
	}
	return t, ""
}

// literal decodes what a gateway decodes before it looks for a route.
func literal(written string) piece {
	if plain, err := url.PathUnescape(written); err == nil && strings.IndexFunc(plain, unicode.IsControl) < 0 {
		written = plain
	}
	return piece{literal: written}
}

// parameter reads the name in braces. A + or * says that the parameter takes the rest of the path.
func parameter(name string) piece {
	plain := strings.Trim(name, "+*")
	return piece{name: plain, param: true, greedy: plain != name}
}

// below returns the template behind a base path.
func (t template) below(base string) template {
	if base == "" {
		return t
	}
	return append(template{{literal: base}}, t...)
}

// prefix returns what is written before the first parameter, and whether that is all. A star is no text to a router.
func (t template) prefix() (prefix string, exact bool) {
	for _, p := range t {
		if p.param {
			return prefix, false
		}
		before, _, star := strings.Cut(p.literal, "*")
		if prefix += before; star {
			return prefix, false
		}
	}
	return prefix, true
}

// pattern returns the expression that a path must match. Names of parameters have no part in it.
func (t template) pattern() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.greedy:
			b.WriteString(".+")
		case p.param:
			b.WriteString("[^/]+")
		default:
			b.WriteString(regexp.QuoteMeta(p.literal))
		}
	}
	return "^" + b.String() + "$"
}

// with returns the path of a request, with a value for each parameter.
func (t template) with(value func(name string) string) string {
	var b strings.Builder
	for _, p := range t {
		if p.param {
			b.WriteString(value(p.name))
		} else {
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// segments returns the pieces between slashes.
func (t template) segments() [][]piece {
	all := [][]piece{nil}
	add := func(p piece) { all[len(all)-1] = append(all[len(all)-1], p) }
	for _, p := range t {
		if p.param {
			add(p)
			continue
		}
		for i, part := range strings.Split(p.literal, "/") {
			if i > 0 {
				all = append(all, nil)
			}
			if part != "" {
				add(piece{literal: part})
			}
		}
	}
	return all[1:]
}

var notInParameter = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// colons returns the path as routers with parameters take it, as in /users/:id. It is false where a parameter is not a whole segment.
func (t template) colons() (string, bool) {
	var b strings.Builder
	for _, segment := range t.segments() {
		b.WriteByte('/')
		for _, p := range segment {
			switch {
			case p.greedy, p.param && len(segment) > 1, strings.ContainsAny(p.literal, ":*"):
				return "", false
			case p.param:
				b.WriteString(":" + notInParameter.ReplaceAllString(p.name, "_"))
			default:
				b.WriteString(p.literal)
			}
		}
	}
	return b.String(), true
}
