package manual

import (
	"fmt"
	"strings"
)

// roff is a page under way, in the man macros that every reader of manual pages knows.
type roff struct{ strings.Builder }

func newPage(name, section, version string) *roff {
	var r roff
	fmt.Fprintf(&r, ".TH %s %s \"\" %s \"Sluice\"\n", quoted(strings.ToUpper(name)), section, quoted("sluice "+version))
	return &r
}

func (r *roff) section(title string) { fmt.Fprintf(r, ".SH %s\n", quoted(title)) }

// term writes a word and what it means, one below the other.
func (r *roff) term(word, meaning string) {
	fmt.Fprintf(r, ".TP\n\\fB%s\\fR\n", escaped(word))
	r.line(meaning)
}

func (r *roff) line(text string) { fmt.Fprintln(r, atStart(escaped(text))) }

// text writes paragraphs. Lines that are indented stay as they are.
func (r *roff) text(text string) {
	for _, block := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if strings.HasPrefix(block, "  ") {
			r.verbatim(block)
			continue
		}
		fmt.Fprintln(r, ".PP")
		for line := range strings.Lines(block) {
			r.line(strings.TrimSpace(line))
		}
	}
}

// verbatim writes lines as they stand, indented alike.
func (r *roff) verbatim(text string) {
	fmt.Fprintln(r, ".PP\n.RS 4\n.nf")
	for line := range strings.Lines(text) {
		r.line(strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "))
	}
	fmt.Fprintln(r, ".fi\n.RE")
}

// escaped makes a text mean itself: a backslash begins a request within a line, and a bare hyphen may become a dash.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "").Replace(text)
}

// atStart keeps a line from being a request, which a dot or an apostrophe at its start would make of it.
func atStart(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

func quoted(text string) string { return `"` + strings.ReplaceAll(escaped(text), `"`, `\(dq`) + `"` }
