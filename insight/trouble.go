package insight

import (
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
)

// late is how old a status may be that still waits for the forge, until that is worth a word.
const late = 5 * time.Minute

// troubles says what stands in the way of the daemon itself.
func (m *Model) troubles(status reconciler.Status) []Trouble {
	found := []Trouble{}
	if status.Error != "" {
		found = append(found, passTrouble(status.Error))
	}
	if m.config.Trouble != nil {
		found = append(found, m.config.Trouble()...)
	}
	waiting := m.config.Past.Outbox()
	if len(waiting) == 0 || waiting[0].Started.IsZero() || time.Since(waiting[0].Started) < late {
		return found
	}
	return append(found, Trouble{
		Kind: "statuses", Text: fmt.Sprintf("%d statuses wait for the forge, the oldest since %s", len(waiting), waiting[0].Started.UTC().Format(time.RFC3339)),
		Hint: "the log says why the forge does not take them; they are posted as soon as it does",
	})
}

// passTrouble says what kept the last pass from its work.
func passTrouble(text string) Trouble {
	line, rest, _ := strings.Cut(text, "\n")
	t := Trouble{Kind: "journal", Text: line, Hint: strings.TrimPrefix(strings.TrimSpace(rest), "hint: ")}
	switch {
	case strings.HasPrefix(line, "read the config repo"):
		t.Kind = "config-repo"
	case strings.HasPrefix(line, "standby: "):
		t.Kind = "replica"
	}
	return t
}
