package render

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// shownReference returns what may be shown of a text that begins as a reference and is none. Only where it looks like one of those that
// there are it is shown: else it may be a part of a password.
func shownReference(bad string) string {
	known := []string{"vars", "environment", "group", "env", "secret"}
	inside := strings.TrimSpace(strings.TrimPrefix(bad, "${"))
	end := strings.IndexFunc(inside, func(r rune) bool { return r < 'A' || r > 'z' })
	if end < 0 {
		end = len(inside)
	}
	if word := inside[:end]; !slices.Contains(known, word) && diag.Suggest(word, known) == "" {
		return "${…"
	}
	return firstRunes(bad, 40)
}
