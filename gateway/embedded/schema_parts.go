package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (s *schema) checkParts(v any) error {
	for i, part := range s.allOf {
		if err := part.check(v); err != nil {
			return fmt.Errorf("allOf %d failed: %w", i+1, err)
		}
	}
	if s.anyOf != nil && !slices.ContainsFunc(s.anyOf, func(part *schema) bool { return part.check(v) == nil }) {
		return errors.New("object matches none of the required" + wanted(s.anyOf))
	}
	if err := s.checkOneOf(v); err != nil {
		return err
	}
	if s.not != nil && s.not.check(v) == nil {
		return errors.New("value wasn't supposed to match schema")
	}
	return s.checkCondition(v)
}

// wanted lists the fields that any of the schemas asks for.
func wanted(parts []*schema) string {
	var sets []string
	for _, part := range parts {
		if part.required != nil {
			names, _ := json.Marshal(part.required)
			sets = append(sets, string(names))
		}
	}
	if sets == nil {
		return ""
	}
	return ": " + strings.Join(sets, " or ")
}

func (s *schema) checkOneOf(v any) error {
	if s.oneOf == nil {
		return nil
	}
	first := 0
	for i, part := range s.oneOf {
		if part.check(v) != nil {
			continue
		}
		if first > 0 {
			return fmt.Errorf("value should match only one schema, but matches both schemas %d and %d", first, i+1)
		}
		first = i + 1
	}
	if first == 0 {
		return errors.New("value should match only one schema, but matches none")
	}
	return nil
}

func (s *schema) checkCondition(v any) error {
	if s.when == nil {
		return nil
	}
	if s.when.check(v) == nil {
		if s.then != nil && s.then.check(v) != nil {
			return errors.New("then clause did not match")
		}
		return nil
	}
	if s.otherwise != nil && s.otherwise.check(v) != nil {
		return errors.New("else clause did not match")
	}
	return nil
}
