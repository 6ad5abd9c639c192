package source

import (
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "Größe ändern ✓", "Größe ändern ✓"},
		{"carriage return", "a\r", "a"},
		{"escape sequence", "\x1b[31mred\x1b[0m\a", "\ufffd[31mred\ufffd[0m\ufffd"},
		{"not UTF-8", "caf\xe9", "caf\ufffd"},
		{"writing direction", "a\u202eb", "a\ufffdb"},
		{"long", strings.Repeat("ü", 201), strings.Repeat("ü", 199) + "…"},
	} {
		if got := line(c.text); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
