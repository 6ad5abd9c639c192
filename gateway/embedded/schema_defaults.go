package embedded

// filled returns v with the defaults of the schema in the fields that are not there. V itself is not changed; what gains
// nothing is shared.
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
	return v
}

func (s *schema) filledMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for name, value := range m {
		if field, ok := s.fields[name]; ok {
			value = field.filled(value)
		}
		out[name] = value
	}
	for name, field := range s.fields {
		if _, ok := out[name]; !ok && field.hasDefault {
			out[name] = field.filled(field.preset)
		}
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
