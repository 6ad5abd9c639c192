package render

import (
	"regexp"
	"strings"
)

// template is a text with references in it, cut into parts.
type template []part

// runtime is a template of which only run-time values are left to be put in: its text becomes a secret as a whole.
type runtime []part

type partKind int

const (
	literal partKind = iota
	variable
	environmentName
	groupName
	envCall
	secretCall
	sealedText // of a file that SOPS encrypted
)

type part struct {
	kind     partKind
	text     string   // of a literal
	path     []string // of a variable
	name     string   // of env and secret
	fallback *string  // of env

	sealed string // of what was encrypted in its file: a name for the encrypted text
	value  any    // of a sealedText: a canonical scalar; nil when no key is here. Its text is in text
}

var (
	variableRef = regexp.MustCompile(`^vars((?:\.[A-Za-z0-9_-]+)+)$`)
	envRef      = regexp.MustCompile(`^env\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:,\s*'((?:[^']|'')*)'\s*)?\)$`)
	secretRef   = regexp.MustCompile(`^secret\(\s*([A-Za-z0-9_./-]+)\s*\)$`)
	// reference finds where one ends: quotes may hold braces.
	reference = regexp.MustCompile(`^\$\{((?:[^'}]|'[^']*')*)\}`)
)

// parseTemplate cuts a text into parts. Bad is the first reference that means nothing, "" when all do.
func parseTemplate(text string) (parts template, bad string) {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, part{text: plain.String()})
			plain.Reset()
		}
	}
	for rest := text; rest != ""; {
		at := strings.Index(rest, "${")
		if at < 0 {
			plain.WriteString(rest)
			break
		}
		if at > 0 && rest[at-1] == '$' {
			plain.WriteString(rest[:at-1] + "${")
			rest = rest[at+2:]
			continue
		}
		plain.WriteString(rest[:at])
		rest = rest[at:]
		m := reference.FindStringSubmatch(rest)
		if m == nil {
			return nil, "${…"
		}
		p, ok := parseReference(m[1])
		if !ok {
			return nil, m[0]
		}
		flush()
		parts = append(parts, p)
		rest = rest[len(m[0]):]
	}
	flush()
	return parts, ""
}

func parseReference(inside string) (part, bool) {
	inside = strings.TrimSpace(inside)
	switch inside {
	case "environment":
		return part{kind: environmentName}, true
	case "group":
		return part{kind: groupName}, true
	}
	if m := variableRef.FindStringSubmatch(inside); m != nil {
		return part{kind: variable, path: strings.Split(m[1][1:], ".")}, true
	}
	if m := secretRef.FindStringSubmatch(inside); m != nil {
		return part{kind: secretCall, name: m[1]}, true
	}
	m := envRef.FindStringSubmatchIndex(inside)
	if m == nil {
		return part{}, false
	}
	p := part{kind: envCall, name: inside[m[2]:m[3]]}
	if m[4] >= 0 {
		fallback := strings.ReplaceAll(inside[m[4]:m[5]], "''", "'")
		p.fallback = &fallback
	}
	return p, true
}

// literalText returns the text of a template without references.
func (t template) literalText() (string, bool) {
	if len(t) == 0 {
		return "", true
	}
	return t[0].text, len(t) == 1 && t[0].kind == literal
}

// atRuntime reports whether the template asks for a run-time value itself.
func (t template) atRuntime() bool {
	for _, p := range t {
		if p.kind == envCall || p.kind == secretCall {
			return true
		}
	}
	return false
}

// ref writes a run-time text as it stands in the repo, after variables were put in.
func (r runtime) ref() string {
	var b strings.Builder
	for _, p := range r {
		switch {
		case p.kind == sealedText:
			b.WriteString("${sops(" + p.sealed + ")}")
		case p.kind == literal:
			b.WriteString(strings.ReplaceAll(p.text, "${", "$${"))
		case p.kind == secretCall:
			b.WriteString("${secret(" + p.name + ")}")
		case p.fallback != nil && p.sealed != "":
			b.WriteString("${env(" + p.name + ", '${sops(" + p.sealed + ")}')}")
		case p.fallback != nil:
			b.WriteString("${env(" + p.name + ", '" + strings.ReplaceAll(*p.fallback, "'", "''") + "')}")
		default:
			b.WriteString("${env(" + p.name + ")}")
		}
	}
	return b.String()
}
