package render

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression of a condition. Nil stands for one that Go can't express: nothing is proven by it.
type pattern struct {
	expr *regexp.Regexp
	// prefix is what each text that matches begins with, in lower case where folded.
	prefix string
	folded bool
}

// patternOf reads a regular expression of the gateway. What Go reads otherwise, it refuses.
func patternOf(text string, folded bool) *pattern {
	if folded {
		text = "(?i)" + text
	}
	expr, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	p := &pattern{expr: expr}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err == nil {
		p.prefix, p.folded = anchored(tree)
	}
	return p
}

// anchored returns the literal that stands behind the ^ at the beginning.
func anchored(tree *syntax.Regexp) (prefix string, folded bool) {
	if tree.Op != syntax.OpConcat || len(tree.Sub) < 2 || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[1].Op != syntax.OpLiteral {
		return "", false
	}
	literal := tree.Sub[1]
	if literal.Flags&syntax.FoldCase != 0 {
		return strings.ToLower(string(literal.Rune)), true
	}
	return string(literal.Rune), false
}

// matches is safe on nil.
func (p *pattern) matches(v operand) truth {
	switch {
	case p == nil:
		return maybe
	case p.expr.MatchString(v.text):
		return yes
	case v.number:
		return maybe // another spelling of the number may match
	}
	return no
}

// apart reports whether no text matches both: they begin with what differs. It is safe on nil.
func (p *pattern) apart(other *pattern) bool {
	if p == nil || other == nil {
		return false
	}
	a, b := p.prefix, other.prefix
	if p.folded || other.folded {
		a, b = strings.ToLower(a), strings.ToLower(b)
	}
	return !strings.HasPrefix(a, b) && !strings.HasPrefix(b, a)
}
