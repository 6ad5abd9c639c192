package policy_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/policy"
)

// nested writes an expression whose opening part stands n times inside itself.
func nested(n int, open, inside, shut string) string {
	return strings.Repeat(open, n) + inside + strings.Repeat(shut, n)
}

// TestHostileExpressions holds that an expression which would take the library minutes to read is refused before.
func TestHostileExpressions(t *testing.T) {
	tests := []struct{ name, expression, want string }{
		{"loops", nested(200, "[1].map(a, ", "1", ")") + " == []", "too large"},
		{"loops inside four", nested(5, "[1].all(a, ", "true", ")"), "comprehension exceeds nesting limit"},
		{"lists", nested(240, "[", "1", "]") + " == []", "too large"},
		{"unknown names", strings.Repeat("zz == yy || ", 800) + "true", "too large"},
		{"long", strings.Repeat(" ", 10_000) + "true // " + strings.Repeat("x", 10_000), "size exceeds limit"},
		{"brackets", strings.Repeat("(", 9000), "recursion limit"},
		{"brackets that are closed", nested(4000, "(", "true", ")"), "recursion limit"},
		{"fields", "resource" + strings.Repeat(".a", 4000) + " == 1", "recursion"},
		{"nonsense", strings.Repeat("a b c ) ", 1200), "limit exceeded"},
		{"a large regular expression", `id.matches("((a{1,100}){1,100}){1,100}")`, "invalid matches argument"},
		{"the deepest that is allowed", nested(10, "[1].map(a, ", "1", ")") + " == []", "comprehension exceeds nesting limit"},
		{"the most unknown names that are allowed", strings.Repeat("zz == yy || ", 150) + "true", "undeclared reference"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := policy.Load(repo("policies:\n  a:\n    assert: |\n      " + tt.expression + "\n"))
			if err := faults.Err(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %q, got %v", tt.want, faults)
			}
			if len(faults) > 200 {
				t.Errorf("%d faults for one expression", len(faults))
			}
		})
	}
}

func TestLongMessage(t *testing.T) {
	_, faults := policy.Load(repo("policies: {a: {assert: 'true', message: '" + strings.Repeat("{{x}}", 100_000) + "'}}"))
	if len(faults) != 1 || faults[0].What != "the message is too long" {
		t.Errorf("faults: %v", faults)
	}
}
