package embedded

import "maps"

// filled returns v with the defaults of the schema in the fields that are not there. V itself is not changed; what gains
// nothing is shared. A default is taken as it stands: defaults inside of it are not filled in.
func (s *schema) filled(v any) any {
	switch value := v.(type) {
	case map[string]any:
		v = s.filledMap(value)
	case []any:
		if s.items != nil {
			v = s.filledList(value)
		}
	}
	for _, parts := range [][]*schema{s.allOf, s.anyOf, s.oneOf} {
		for _, part := range parts {
			if part.check(v) == nil {
				v = part.filled(v)
			}
		}
	}
	if branch := s.branch(v); branch != nil {
		v = branch.filled(v)
	}
	return v
}

// branch is the part that the condition of the schema chooses, nil for none.
func (s *schema) branch(v any) *schema {
	switch {
	case s.when == nil:
		return nil
	case s.when.check(v) == nil:
		return s.then
	}
	return s.otherwise
}

func (s *schema) filledMap(m map[string]any) map[string]any {
	out := maps.Clone(s.withPresets(m))
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range m {
		if field, ok := s.fields[name]; ok {
			out[name] = field.filled(value)
		}
	}
	for name, part := range s.depends {
		if _, ok := out[name]; ok {
			out, _ = part.filled(out).(map[string]any)
		}
	}
	return out
}

// withPresets returns m with the defaults of its own fields; m itself when it has them all.
func (s *schema) withPresets(m map[string]any) map[string]any {
	out := m
	for _, name := range s.preset {
		if _, ok := m[name]; ok {
			continue
		}
		if len(out) == len(m) {
			out = maps.Clone(m)
			if out == nil {
				out = map[string]any{}
			}
		}
		out[name] = s.fields[name].standard
	}
	return out
}

func (s *schema) filledList(list []any) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = s.items.filled(item)
	}
	return out
}
