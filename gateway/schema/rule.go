package schema

import "regexp"

// rule is a compiled schema. It is read-only after the compiler made it. Nil takes anything.
type rule struct {
	identity *rule // of a kind: the rule for its ids

	kinds []string // the types that are taken; none means any

	fields    map[string]*rule
	required  []string
	closed    bool  // no other fields than these
	others    *rule // of the fields that have no rule of their own
	patterns  []namePattern
	depends   []dependency
	forbidden map[string]bool // fields that only the gateway sets
	minFields limit
	maxFields limit

	items    *rule
	tuple    []*rule // of the first items
	contains *rule
	minItems limit
	maxItems limit
	unique   bool

	minLength limit
	maxLength limit
	pattern   *regexp.Regexp
	format    string

	minimum limit
	maximum limit
	above   limit
	below   limit

	enum []any

	allOf, anyOf, oneOf   []*rule
	not                   *rule
	when, then, otherwise *rule

	preset  any  // what the gateway fills in; nil for nothing
	presets bool // whether conditions of this rule may speak of fields that are filled in
	never   bool // takes nothing
	bare    bool // says nothing but which fields are required
}

// limit is a number that may be left out.
type limit struct {
	set bool
	n   float64
}

// namePattern is a rule for the fields whose names match; a nil name matches all.
type namePattern struct {
	name *regexp.Regexp
	rule *rule
}

// dependency is a rule that holds for the whole map when a field is there.
type dependency struct {
	field string
	rule  *rule
}
