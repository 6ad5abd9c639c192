package policy

import (
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// message is what a violation says: text with expressions in double braces. The zero value says nothing.
type message []part

// part is a piece of text, or an expression.
type part struct {
	text       string
	expression *expression
}

func (r *reader) message(n *strictyaml.Node) message {
	text, ok := r.text(n)
	if !ok {
		return nil
	}
	if len(text) > maxRunes {
		r.wrong(n, "shorten it", "the message is too long")
		return nil
	}
	s := scalar{text: text, pos: n.Pos, lines: r.lines}
	var m message
	for rest := text; rest != ""; {
		before, inside, found := strings.Cut(rest, "{{")
		m = append(m, part{text: before})
		if !found {
			break
		}
		source, after, closed := strings.Cut(inside, "}}")
		begins := len([]rune(text)) - len([]rune(inside))
		if !closed {
			r.faults.Add(diag.Errorf(s.at(begins-2), "policy-expression", "the {{ is never closed").WithHint("write }} after the expression"))
			break
		}
		e, _ := r.compile(source, func(offset int) diag.Pos { return s.at(begins + offset) })
		m = append(m, part{expression: e})
		rest = after
	}
	return m
}

// of returns the message for a resource. An expression that fails shows why, since the violation stands without it.
func (m message) of(r *resource, b *budget) string {
	var text strings.Builder
	for _, part := range m {
		if part.expression == nil {
			text.WriteString(part.text)
			continue
		}
		value, err := part.expression.value(r, b)
		if err != nil {
			text.WriteString("(" + err.Error() + ")")
			continue
		}
		text.WriteString(show(value))
	}
	return oneLine(text.String())
}
