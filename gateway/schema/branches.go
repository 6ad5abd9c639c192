package schema

import (
	"slices"
	"strings"
)

// branches looks at a value in the light of the rules that a rule is put together of.
func (w *walker) branches(r *rule, v any) {
	for _, part := range r.allOf {
		w.check(part, v)
	}
	if len(r.anyOf) > 0 && !slices.ContainsFunc(r.anyOf, func(part *rule) bool { return w.takes(part, v) }) {
		w.explain(r.anyOf, v)
	}
	if len(r.oneOf) > 0 {
		w.exactlyOne(r.oneOf, v)
	}
	w.doubtInside(r.anyOf, v)
	w.doubtInside(r.oneOf, v)
	if r.not != nil && w.takes(r.not, v) {
		w.unwanted(r.not, v)
	}
	switch {
	case r.when == nil:
	case w.takes(r.when, v):
		w.check(r.then, v)
	default:
		w.check(r.otherwise, v)
	}
}

func (w *walker) exactlyOne(parts []*rule, v any) {
	var taken []*rule
	for _, part := range parts {
		if w.takes(part, v) {
			taken = append(taken, part)
		}
	}
	switch {
	case len(taken) == 0:
		w.explain(parts, v)
	case len(taken) > 1:
		w.ambiguous(taken)
	}
}

// ambiguous notes a value that several of exclusive rules take.
func (w *walker) ambiguous(taken []*rule) {
	var names []string
	for _, part := range taken {
		if !part.bare {
			continue
		}
		for _, name := range part.required {
			common := !slices.ContainsFunc(taken, func(other *rule) bool { return !slices.Contains(other.required, name) })
			if !common && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) < 2 {
		w.fault("look at the gateway's documentation", "field-conflict", "can be read in more than one way")
		return
	}
	w.conflict(names)
}

func (w *walker) conflict(names []string) {
	w.inField(names[0], "keep one of them; !reset removes an inherited one", "field-conflict",
		"can't stand beside %s", joined(names[1:], " and "))
}

// unwanted notes a value that a rule must not take but does.
func (w *walker) unwanted(not *rule, v any) {
	for _, part := range append([]*rule{not}, not.anyOf...) {
		if part.bare && w.takes(part, v) {
			if len(part.required) > 1 {
				w.conflict(part.required)
			} else {
				w.inField(part.required[0], "remove it", "field-conflict", "can't be set here")
			}
			return
		}
	}
	if not.enum != nil {
		w.fault("write another value", "wrong-value", "can't be %s", shown(not.enum[0]))
		return
	}
	w.fault("look at the gateway's documentation", "wrong-value", "is what it must not be")
}

// explain says why none of several rules takes a value: by the rule that it comes nearest to.
func (w *walker) explain(parts []*rule, v any) {
	if w.quiet {
		w.failed = true
		return
	}
	if m, ok := v.(map[string]any); ok && allBare(parts) {
		w.lacks(parts, m)
		return
	}
	var near []*rule
	var wanted []string
	for _, part := range parts {
		if part == nil || fitsAny(part.kinds, v) {
			near = append(near, part)
		} else {
			wanted = append(wanted, part.kinds...)
		}
	}
	if len(near) == 0 {
		wanted = slices.Compact(wanted)
		w.fault(kindHint(wanted), "wrong-type", "must be %s", kindWords(wanted))
		return
	}
	w.nearest(near, v)
}

// nearest tells the faults in the light of the rule that finds the least.
func (w *walker) nearest(parts []*rule, v any) {
	var best *walker
	var own []Fault // of the value itself, one from each rule
	for _, part := range parts {
		try := &walker{at: slices.Clone(w.at), asked: w.asked}
		try.check(part, v)
		if best == nil || try.weight() < best.weight() {
			best = try
		}
		if len(try.faults) == 1 && len(try.faults[0].Path) == len(w.at) {
			own = append(own, try.faults[0])
		}
	}
	w.failed = true
	w.asked = append(w.asked, best.asked...)
	w.doubts = append(w.doubts, best.doubts...)
	if len(own) != len(parts) {
		w.faults = append(w.faults, best.faults...)
		return
	}
	w.faults = append(w.faults, combined(own))
}

// weight is how far a value is from what a rule takes. A wrong choice counts most: it says that another rule is meant.
func (w *walker) weight() int {
	sum := 0
	for _, fault := range w.faults {
		sum++
		if strings.HasPrefix(fault.What, "can't be ") {
			sum += 10
		}
	}
	return sum
}

// combined makes one fault of several that speak of the same value.
func combined(faults []Fault) Fault {
	one := faults[0]
	for _, fault := range faults[1:] {
		if what := strings.TrimPrefix(fault.What, "must be "); !strings.Contains(one.What, what) {
			one.What += ", or " + what
		}
	}
	return one
}
