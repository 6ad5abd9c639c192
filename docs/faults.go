// Package docs holds the documents that the program itself can show: what errors.md says of each fault.
package docs

import (
	_ "embed"
	"strings"
)

//go:embed errors.md
var errorsText string

// Fault is the section of errors.md about one code.
type Fault struct {
	Code    string
	Text    string // what the fault means, in Markdown
	Example string // what the program prints, for example
	Cure    string // how to mend it, in Markdown
}

// Faults returns the sections of errors.md by code. Guards are among them, as "guard maxDeletes".
func Faults() map[string]Fault {
	faults := map[string]Fault{}
	for _, section := range strings.Split("\n"+errorsText, "\n### `")[1:] {
		code, rest, _ := strings.Cut(section, "`")
		_, body, _ := strings.Cut(rest, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		faults[code] = readFault(code, body)
	}
	return faults
}

func readFault(code, body string) Fault {
	text, rest, _ := strings.Cut(body, "```text\n")
	example, rest, _ := strings.Cut(rest, "```")
	_, cure, _ := strings.Cut(rest, "\nCure: ")
	return Fault{Code: code, Text: strings.TrimSpace(text), Example: strings.TrimSpace(example), Cure: strings.TrimSpace(cure)}
}
