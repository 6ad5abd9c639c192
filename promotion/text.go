package promotion

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/forge"
)

// Title says in one line what is promoted.
func (p *Promotion) Title() string {
	what := fmt.Sprintf("%d layers", len(p.Moves))
	if len(p.Moves) == 1 {
		what = p.Moves[0].Layer.Path
	}
	return fmt.Sprintf("Promote %s from %s to %s", what, p.From.Name, p.To.Name)
}

// Body says what runs where it comes from, which pins move, and the commits that come with each.
func (p *Promotion) Body() string {
	var body strings.Builder
	fmt.Fprintf(&body, "%s runs %s.\n", p.From.Name, short(p.Applied.Commit.Hash))
	for _, m := range p.Moves {
		fmt.Fprintf(&body, "\n%s: %s → %s\n%s", m.Layer.Path, short(m.Layer.Revision), short(m.To), m.List("- "))
	}
	return strings.TrimRight(body.String(), "\n")
}

// mostCarried bounds the commits that a message lists.
const mostCarried = 20

// List is the commits that come with a pin, one a line, each line after indent. A pin that goes back to an earlier commit has none.
func (m Move) List(indent string) string {
	var b strings.Builder
	if len(m.Carried) == 0 {
		fmt.Fprintf(&b, "%sgoes back: it brings no commit\n", indent)
	}
	for i, commit := range m.Carried {
		if i == mostCarried {
			fmt.Fprintf(&b, "%sand %d more\n", indent, len(m.Carried)-mostCarried)
			break
		}
		fmt.Fprintf(&b, "%s%s %s\n", indent, short(commit.Hash), commit.Subject)
	}
	return b.String()
}

// mostMarkdown is after how many bytes no further pin is told: with the commits of that one it is still below what every forge takes, 32,768
// characters.
const mostMarkdown = 16_000

// Markdown is Body for a forge, with the authors. What others wrote stands there as code, so that nothing in it is taken for a link or a
// mention.
func (p *Promotion) Markdown() string {
	var body strings.Builder
	// Not the commit: the text stays the same as long as the same is promoted.
	fmt.Fprintf(&body, "%s has verified this, and %s lacks it. These pins move:\n", forge.Code(p.From.Name), forge.Code(p.To.Name))
	for i, m := range p.Moves {
		if body.Len() > mostMarkdown {
			fmt.Fprintf(&body, "\nand %d more layers\n", len(p.Moves)-i)
			break
		}
		fmt.Fprintf(&body, "\n%s: `%s` → `%s`\n\n", forge.Code(m.Layer.Path), short(m.Layer.Revision), short(m.To))
		if len(m.Carried) == 0 {
			body.WriteString("- goes back: it brings no commit\n")
		}
		for i, commit := range m.Carried {
			if i == mostCarried {
				fmt.Fprintf(&body, "- and %d more\n", len(m.Carried)-mostCarried)
				break
			}
			name, _, _ := strings.Cut(commit.Author, " <")
			fmt.Fprintf(&body, "- %s %s (%s)\n", short(commit.Hash), forge.Code(commit.Subject), forge.Code(name))
		}
	}
	body.WriteString("\nThe branch is Sluice's own: it is replaced when there is something else to promote.\n")
	return body.String()
}
