package schema

import (
	"slices"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/gateway"
)

// Latitude says which other texts may stand at some places of a resource so that nothing is found wrong with it either. It is
// read-only and safe for concurrent use; Set.Latitude makes one.
type Latitude struct{ places []place }

// Latitude returns what the schemas ask of the texts at some places of a resource. It reports false where anything is wrong with
// the resource, or where what they ask can't be told from one text alone.
func (s *Set) Latitude(r gateway.Resource, at []gateway.Path) (*Latitude, bool) {
	t := &trace{places: make([]place, len(at))}
	for i, path := range at {
		t.places[i].at = path
	}
	faults := s.faults(&walker{trace: t}, r)
	return &Latitude{t.places}, len(faults) == 0 && !t.lost
}

// Takes reports whether what was asked of the texts that were looked at is answered in the same way by others, one for each place.
// False says nothing: only Set.Faults knows then.
func (l *Latitude) Takes(texts []string) bool {
	for i, p := range l.places {
		for _, q := range p.asked {
			if answerOf(q.rule, texts[i]) != q.answer {
				return false
			}
		}
	}
	return true
}

// trace notes what a walker asks of the texts at some places. Nil notes nothing.
type trace struct {
	places []place
	lost   bool // something depends on them that was not noted
}

type place struct {
	at    gateway.Path
	asked []question
}

type question struct {
	rule   *rule
	answer answer
}

// answer is what the conditions of a rule come to for one text.
type answer struct{ choice, length, pattern, format bool }

func answerOf(r *rule, text string) answer {
	n := float64(utf8.RuneCountInString(text))
	return answer{
		choice:  r.enum == nil || among(r.enum, text),
		length:  (!r.minLength.set || n >= r.minLength.n) && (!r.maxLength.set || n <= r.maxLength.n),
		pattern: r.pattern == nil || r.pattern.MatchString(text),
		format:  r.format == "" || hasFormat(r.format, text),
	}
}

// asks reports whether a rule looks at the text itself.
func (r *rule) asks() bool {
	return r.enum != nil || r.minLength.set || r.maxLength.set || r.pattern != nil || r.format != ""
}

// meets notes that a rule looks at a value.
func (t *trace) meets(at gateway.Path, r *rule, v any) {
	if t == nil || r == nil || !r.asks() {
		return
	}
	i := slices.IndexFunc(t.places, func(p place) bool { return slices.Equal(p.at, at) })
	text, isText := v.(string)
	switch {
	case i >= 0 && isText:
		t.places[i].note(r, text)
	case r.enum != nil:
		t.compares(at)
	}
}

func (p *place) note(r *rule, text string) {
	if !slices.ContainsFunc(p.asked, func(q question) bool { return q.rule == r }) {
		p.asked = append(p.asked, question{r, answerOf(r, text)})
	}
}

// compares notes that the whole of a value is compared with others.
func (t *trace) compares(at gateway.Path) {
	if t == nil {
		return
	}
	t.lost = t.lost || slices.ContainsFunc(t.places, func(p place) bool {
		return len(p.at) >= len(at) && slices.Equal(p.at[:len(at)], at)
	})
}

// comparesFields notes that some fields of a map are compared with texts.
func (t *trace) comparesFields(at gateway.Path, names ...string) {
	if t == nil {
		return
	}
	for _, name := range names {
		t.compares(at.With(gateway.Field(name)))
	}
}
