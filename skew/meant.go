package skew

import (
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// sameTemplate reports whether both sides took a value from the same text with variables in the same file. A pin may have moved the
// text to another line.
func sameTemplate(a, b *gateway.Origin) bool {
	return a != nil && b != nil && a.Text == b.Text && strings.Contains(a.Text, "${") && a.Pos.File == b.Pos.File
}

// samePlace reports whether two single values stand at one place of one commit: then nothing but variables makes them differ.
// Secrets have no text to compare.
func samePlace(a, b placed) bool {
	return isSingle(a.value) && isSingle(b.value) && a.pos() != (diag.Pos{}) && a.pos() == b.pos()
}

func isSingle(v any) bool {
	switch v.(type) {
	case map[string]any, []any, nil:
		return false
	}
	return true
}
