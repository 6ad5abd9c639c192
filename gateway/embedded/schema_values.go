package embedded

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/gateway"
)

func (s *schema) checkList(list []any) error {
	if s.minItems != nil && float64(len(list)) < *s.minItems {
		return fmt.Errorf("expect array to have at least %v items", *s.minItems)
	}
	if s.maxItems != nil && float64(len(list)) > *s.maxItems {
		return fmt.Errorf("expect array to have at most %v items", *s.maxItems)
	}
	for i, item := range list {
		if s.items == nil {
			break
		}
		if err := s.items.check(item); err != nil {
			return fmt.Errorf("failed to validate item %d: %w", i+1, err)
		}
	}
	if s.contains != nil && !slices.ContainsFunc(list, func(item any) bool { return s.contains.check(item) == nil }) {
		return errors.New("contains no item that is wanted")
	}
	if s.unique {
		return checkUnique(list)
	}
	return nil
}

func checkUnique(list []any) error {
	for i := range list {
		for j := range i {
			if gateway.Equal(list[i], list[j]) {
				return fmt.Errorf("expected unique items but items %d and %d are equal", j+1, i+1)
			}
		}
	}
	return nil
}

func (s *schema) checkText(text string) error {
	length := float64(utf8.RuneCountInString(text))
	if s.minLength != nil && length < *s.minLength {
		return fmt.Errorf("string too short, expected at least %v, got %v", *s.minLength, length)
	}
	if s.maxLength != nil && length > *s.maxLength {
		return fmt.Errorf("string too long, expected at most %.0f, got %.0f", *s.maxLength, length)
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		return fmt.Errorf("failed to match pattern %s with %s", luaQuote(s.pattern.String()), luaQuote(text))
	}
	if s.format != "" && !isAddress(s.format, text) {
		return fmt.Errorf("expected valid %s address, got %s", s.format, luaQuote(text))
	}
	return nil
}

func isAddress(format, text string) bool {
	family, cidr := strings.CutSuffix(format, "-cidr")
	if cidr {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Addr().Is4() == (family == "ipv4")
	}
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4() == (family == "ipv4")
}

func (s *schema) checkNumber(n float64) error {
	text := strconv.FormatFloat(n, 'g', 14, 64)
	switch {
	case s.minimum != nil && n < *s.minimum:
		return fmt.Errorf("expected %s to be at least %v", text, *s.minimum)
	case s.above != nil && n <= *s.above:
		return fmt.Errorf("expected %s to be greater than %v", text, *s.above)
	case s.maximum != nil && n > *s.maximum:
		return fmt.Errorf("expected %s to be at most %v", text, *s.maximum)
	}
	return nil
}

// luaQuote quotes as Lua's %q does: the characters that are not ASCII stay as they are.
func luaQuote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", "\\\n").Replace(text) + `"`
}
