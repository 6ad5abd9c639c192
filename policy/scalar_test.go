package policy

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestPlacesLaw holds that each visible rune of a text is found where the file has it, in every style of YAML.
func TestPlacesLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-c('"\\é:#][a-c ('"\\é:#\n]{0,40}[a-z)]`).Draw(t, "text")
		file := rapid.SampledFrom([]func(string) string{literal, doubled, escaped}).Draw(t, "style")(text)
		node, faults := strictyaml.Parse("p.yaml", []byte(file))
		if err := faults.Err(); err != nil {
			t.Skip(err)
		}
		value := node.Get("assert")
		if value.Text != text {
			t.Skip("the style changes the text")
		}
		s := scalar{text: text, pos: value.Pos, lines: linesOf([]byte(file))}
		for offset, r := range []rune(text) {
			if unicode.IsSpace(r) {
				continue
			}
			at := s.at(offset)
			if got := []rune(s.lines[at.Line-1])[at.Col-1]; got != r && got != '\\' {
				t.Fatalf("rune %d, %q, is said to be at %v, where %q stands, in\n%s", offset, r, at, got, file)
			}
		}
	})
}

func literal(text string) string {
	return "x: 1\nassert: |2-\n  " + strings.ReplaceAll(text, "\n", "\n  ") + "\nz: 1\n"
}

func doubled(text string) string {
	return "{x: 'é', assert: '" + strings.ReplaceAll(text, "'", "''") + "'}"
}

func escaped(text string) string {
	return `assert: !!str "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "é", `\u00e9`).Replace(text) + `" # why`
}
