package embedded

import (
	"regexp"
	"strings"
)

// pattern is a regular expression of a schema. Go's know no look around; the two kinds that schemas use are put as what must
// not match.
type pattern struct {
	text    string // as the schema has it
	matches *regexp.Regexp
	except  *regexp.Regexp // nil for none
}

func compilePattern(text string) (*pattern, error) {
	p := &pattern{text: text}
	plain, except := text, ""
	if rest, ok := strings.CutPrefix(text, "^(?!"); ok {
		forbidden, after, _ := strings.Cut(rest, ")")
		plain, except = "^"+after, "^"+forbidden
	}
	if before, ok := strings.CutSuffix(text, ")$"); ok {
		if start := strings.LastIndex(before, "(?<!"); start >= 0 {
			plain, except = text[:start]+"$", before[start+len("(?<!"):]+"$"
		}
	}
	var err error
	if p.matches, err = regexp.Compile(plain); err != nil {
		return nil, err
	}
	if except != "" {
		p.except, err = regexp.Compile(except)
	}
	return p, err
}

// MatchString reports whether text matches.
func (p *pattern) MatchString(text string) bool {
	return p.matches.MatchString(text) && (p.except == nil || !p.except.MatchString(text))
}

// String is the pattern as the schema has it.
func (p *pattern) String() string { return p.text }
