package notify

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

// mostSlack is how many runes of what went wrong stand in a message.
const mostSlack = 600

// slack returns a message as incoming webhooks of Slack take it (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
func (m Message) slack() ([]byte, error) {
	return json.Marshal(map[string]string{"text": m.slackText()})
}

// slackText says in some lines how it ended.
func (m Message) slackText() string {
	d := m.Data
	var b strings.Builder
	commit := d.Commit[:min(7, len(d.Commit))]
	if d.URL != "" {
		commit = fmt.Sprintf("<%s|%s>", escape(d.URL), commit)
	}
	fmt.Fprintf(&b, "%s *%s* %s: %s %s", symbol(d.State), plainly(d.Environment), d.State, commit, plainly(d.Subject))
	if d.Author != "" {
		fmt.Fprintf(&b, " (%s)", plainly(d.Author))
	}
	if d.Text != "" {
		b.WriteString("\n" + plainly(d.Text))
	}
	if d.Error != "" && d.Error != d.Text {
		b.WriteString("\n>" + strings.ReplaceAll(plainly(cut(d.Error, mostSlack)), "\n", "\n>"))
	}
	if d.Hint != "" {
		b.WriteString("\n" + plainly(d.Hint))
	}
	return b.String()
}

// symbol shows a state at a glance.
func symbol(state record.State) string {
	switch state {
	case record.Applied:
		return ":white_check_mark:"
	case record.Held:
		return ":raised_hand:"
	case record.Failed:
		return ":x:"
	case record.RolledBack:
		return ":leftwards_arrow_with_hook:"
	}
	return ":information_source:"
}

// escape takes the meaning out of what Slack reads as markup.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// plainly is escape for what others have written: a commit that names @channel calls nobody together.
func plainly(text string) string { return strings.ReplaceAll(escape(text), "@", "@\u200b") }

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
