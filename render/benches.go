package render

import "slices"

// bench holds the claims of one seat. They are found again by what they ask for, so that many routes
// on one path, told apart by a header, are not compared each with each.
type bench struct {
	left   int // comparisons that are still allowed
	claims []*claim
	facets map[string]*facet
}

// facet indexes the claims of a bench by their answers to one question.
type facet struct {
	by  map[string][]*claim
	any []*claim // those that take every answer
}

const few = 8 // so many claims are compared one by one, and so many questions are indexed

func (b *bench) add(c *claim) {
	placed := *c
	placed.order = len(b.claims)
	b.claims = append(b.claims, &placed)
	if len(b.claims) == few {
		b.facets = map[string]*facet{}
		for i := range b.claims {
			b.index(b.claims[i])
		}
	} else if len(b.claims) > few {
		b.index(&placed)
	}
}

func (b *bench) index(c *claim) {
	for name, answers := range c.facets {
		f := b.facets[name]
		if f == nil && len(b.facets) == few {
			continue // enough to tell claims apart
		}
		if f == nil {
			// All that came before takes every answer.
			f = &facet{by: map[string][]*claim{}, any: slices.Clone(b.claims[:c.order])}
			b.facets[name] = f
		}
		for _, answer := range answers {
			f.by[answer] = append(f.by[answer], c)
		}
	}
	for name, f := range b.facets {
		if c.facets[name] == nil {
			f.any = append(f.any, c)
		}
	}
}

// candidates returns the claims that may overlap c, as far as the index tells. It is safe on nil.
func (b *bench) candidates(c *claim) []*claim {
	if b == nil {
		return nil
	}
	found := b.claims
	for name, answers := range c.facets {
		f := b.facets[name]
		if f == nil {
			continue
		}
		sharing := len(f.any)
		for _, answer := range answers {
			sharing += len(f.by[answer])
		}
		if sharing < len(found) {
			found = f.sharing(answers)
		}
	}
	return found
}

// affords takes n of the comparisons that are still allowed; it takes none when there are fewer. It is safe on nil.
func (b *bench) affords(n int) bool {
	if b == nil {
		return true
	}
	if n > b.left {
		return false
	}
	b.left -= n
	return true
}

// sharing returns the claims that give one of the answers; one that gives several can be there more than once.
func (f *facet) sharing(answers []string) []*claim {
	found := slices.Clone(f.any)
	for _, answer := range answers {
		found = append(found, f.by[answer]...)
	}
	return found
}
