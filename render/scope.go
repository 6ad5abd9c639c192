package render

import (
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

const (
	// maxText bounds one text or one variable after substitution, in bytes.
	maxText = 1 << 20
	// maxChain bounds how many variables may refer to one another in a row.
	maxChain = 100
)

// scope holds what references may name in one gateway group, and what they came to.
type scope struct {
	environment, group string
	vars               *node           // merged, not evaluated; nil when there are none
	values             map[*node]*node // variables that were evaluated
	open               map[*node]bool  // variables that are being evaluated
	in                 string          // the key of the map that is being interpolated
	left               int             // bytes that may still be put into texts
	unknowns           int             // faults so far that named a variable which there is not
	index              map[*node]map[string]*node
	faults             diag.List // of keys; those of values travel with the value
}

func newScope(environment, group string, vars *node) *scope {
	return &scope{environment: environment, group: group, vars: vars, values: map[*node]*node{}, open: map[*node]bool{},
		left: standardLimits().text, index: map[*node]map[string]*node{}}
}

// interpolate returns n with its variables put in. What holds none is returned as it is.
func (s *scope) interpolate(n *node) *node {
	if !n.dynamic {
		return n
	}
	if t, ok := n.value.(template); ok {
		value := s.text(t, n)
		if n.tag != "" {
			value = tagged(value, n.tag)
		}
		return value
	}
	made := &node{kind: n.kind, tag: n.tag, origin: bareOrigin(n), items: make([]*node, len(n.items))}
	for i, item := range n.items {
		made.items[i] = s.interpolate(item)
	}
	made.fields = s.fields(n.fields)
	return made.settle()
}

func tagged(n *node, tag string) *node {
	copied := *n
	copied.tag = tag
	copied.origin = bareOrigin(n)
	return copied.settle()
}

func (s *scope) fields(fields []field) []field {
	made := make([]field, 0, len(fields))
	seen := make(map[string]diag.Pos, len(fields))
	within := s.in
	defer func() { s.in = within }()
	for _, f := range fields {
		s.in = f.key
		f.value = s.interpolate(f.value)
		s.in = within
		if f.template != nil {
			f.value = f.value.keyed(f.key)
			f.key, f.template = s.key(f), nil
		}
		if first, twice := seen[f.key]; twice {
			s.faults.Add(diag.Errorf(f.pos, "duplicate-key", "the key %q stands twice in one map", f.key).
				WithHint("two variables have one value here").WithAlso(first, "first set at"))
			continue
		}
		seen[f.key] = f.pos
		made = append(made, f)
	}
	return made
}

// key evaluates a key, which must come out as plain text.
func (s *scope) key(f field) string {
	value := s.text(f.template, newScalar("", &gateway.Origin{Pos: f.pos, Text: f.key}))
	switch v := value.value.(type) {
	case broken:
		s.faults.Add(diag.Diagnostic(v))
		return f.key
	case runtime:
		if text, ok := v.address(); ok && s.in == "nodes" {
			return text
		}
		s.faults.Add(diag.Errorf(f.pos, "secret-in-key", "a run-time value can't be part of a key").
			WithHint("of an upstream, write nodes as a list: [{host: …, port: 80, weight: 1}]"))
		return f.key
	}
	text, ok := scalarText(value)
	if !ok {
		s.faults.Add(notScalar(f.pos, f.key))
		return f.key
	}
	return text
}

func notScalar(pos diag.Pos, text string) diag.Diagnostic {
	return diag.Errorf(pos, "not-scalar", "%q puts a map or a list into a text", text).
		WithHint("a variable with a map or a list must be the entire value")
}

// text evaluates a template that stands in the place of n.
func (s *scope) text(t template, n *node) *node {
	if len(t) == 1 && t[0].kind == variable {
		return s.whole(t[0], n)
	}
	var out runtime
	size, secret := 0, false
	for _, p := range t {
		parts, fault := s.part(p, n)
		if fault != nil {
			return newScalar(broken(*fault), bareOrigin(n))
		}
		for _, q := range parts {
			size += len(q.text)
			secret = secret || q.kind != literal
		}
		if out = append(out, parts...); size > maxText {
			return newScalar(broken(tooLarge(n.origin.Pos)), bareOrigin(n))
		}
	}
	if s.left -= size; s.left < 0 {
		return newScalar(broken(tooMuchText(n.origin.Pos)), bareOrigin(n))
	}
	if secret {
		return newScalar(out, bareOrigin(n))
	}
	return newScalar(joined(out), bareOrigin(n))
}

func joined(parts runtime) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return b.String()
}

func tooLarge(pos diag.Pos) diag.Diagnostic {
	return diag.Errorf(pos, "too-large", "the variables come to more than 1 MiB here").WithHint("check which variables hold which")
}

func tooMuchText(pos diag.Pos) diag.Diagnostic {
	return overLimit(pos, "put large texts into fewer places", "variables put more than %d MiB of text into one gateway group", standardLimits().text>>20)
}

// whole returns the variable itself, type and all, at the place of n.
func (s *scope) whole(p part, n *node) *node {
	found, fault := s.lookup(p.path, n.origin.Pos)
	if fault != nil {
		return newScalar(broken(*fault), bareOrigin(n))
	}
	if found.isBroken() {
		return found
	}
	copied, origin := *found, *found.origin
	origin.Pos, origin.Text, origin.Was = n.origin.Pos, n.origin.Text, nil
	copied.origin = &origin
	return &copied
}

// part evaluates one part of a text.
func (s *scope) part(p part, n *node) (runtime, *diag.Diagnostic) {
	switch p.kind {
	case environmentName:
		return runtime{{text: s.environment}}, nil
	case groupName:
		return runtime{{text: s.group}}, nil
	case variable:
		found, fault := s.lookup(p.path, n.origin.Pos)
		if fault != nil {
			return nil, fault
		}
		switch v := found.value.(type) {
		case broken:
			return nil, (*diag.Diagnostic)(&v)
		case runtime:
			return v, nil
		}
		text, ok := scalarText(found)
		if !ok {
			fault := notScalar(n.origin.Pos, "${vars."+strings.Join(p.path, ".")+"}")
			return nil, &fault
		}
		return runtime{{text: text}}, nil
	}
	return runtime{p}, nil
}

// scalarText writes a single value as it is written in its file, so that 1.10 does not become 1.1.
func scalarText(n *node) (string, bool) {
	switch v := n.value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64, float64:
		if n.origin.Text != "" && !strings.Contains(n.origin.Text, "${") {
			return n.origin.Text, true
		}
		return string(gateway.AppendCanonical(nil, v)), true
	}
	return "", false
}

// lookup finds a variable by its path and evaluates it.
func (s *scope) lookup(path []string, pos diag.Pos) (*node, *diag.Diagnostic) {
	at := s.vars
	for i, name := range path {
		if at != nil && at.kind == strictyaml.Scalar {
			at = s.evaluate(at, pos)
		}
		if at != nil && at.isBroken() {
			return at, nil
		}
		next := (*node)(nil)
		if at != nil {
			next = s.get(at, name)
		}
		if next == nil || next.removed {
			fault := s.unknown(path[:i+1], at, pos)
			return nil, &fault
		}
		at = next
	}
	value := s.evaluate(at, pos)
	if value.size > maxText {
		fault := tooLarge(pos)
		return nil, &fault
	}
	return value, nil
}

// Guessing what was meant compares a name with every other one.
const mostGuesses, mostNames = 100, 1000

func (s *scope) unknown(path []string, in *node, pos diag.Pos) diag.Diagnostic {
	var names []string
	if s.unknowns++; in != nil && s.unknowns <= mostGuesses {
		for _, f := range in.fields[:min(len(in.fields), mostNames)] {
			names = append(names, f.key)
		}
	}
	return diag.Errorf(pos, "unknown-variable", "there is no variable %q in %s", strings.Join(path, "."), s.environment).
		WithHint("%s", diag.DidYouMean(path[len(path)-1], names, "set it under vars in a fragment, environment.yaml or sluice.yaml"))
}

// get returns the value under a key. Of a large map it keeps an index: it may be asked for each of its keys.
func (s *scope) get(n *node, key string) *node {
	const large = 32
	if len(n.fields) < large {
		return n.get(key)
	}
	if s.index[n] == nil {
		s.index[n] = make(map[string]*node, len(n.fields))
		for _, f := range n.fields {
			s.index[n][f.key] = f.value
		}
	}
	return s.index[n][key]
}

// evaluate puts variables into a variable, once.
func (s *scope) evaluate(n *node, pos diag.Pos) *node {
	if !n.dynamic {
		return n
	}
	if value, ok := s.values[n]; ok {
		return value
	}
	if s.open[n] || len(s.open) >= maxChain {
		return newScalar(broken(diag.Errorf(pos, "variable-cycle", "the variables refer to each other in a circle").
			WithHint("write one of them out").WithAlso(n.origin.Pos, "through")), bareOrigin(n))
	}
	s.open[n] = true
	value := s.interpolate(n)
	delete(s.open, n)
	s.values[n] = value
	return value
}
