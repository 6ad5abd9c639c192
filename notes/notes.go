package notes

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// Repository takes notes; source.Repository is one.
type Repository interface {
	Annotate(ctx context.Context, lines map[string][]string, n source.Notice) error
}

// Line is one line of a note (docs/notifications.md). The same end is the same line, whenever it is written.
type Line struct {
	Environment string       `json:"environment"`
	State       record.State `json:"state"`
	At          time.Time    `json:"at"`
	Text        string       `json:"text,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Restores    string       `json:"restores,omitempty"`  // the commit whose verified state was put back
	CarriedBy   string       `json:"carriedBy,omitempty"` // the commit that carries this one
	Outcome     record.State `json:"outcome,omitempty"`   // what the carrying commit came to
	Entry       int64        `json:"entry"`               // of the journal
}

const (
	// most is how many ends go into one push, and calm how long to wait for more of them.
	most = 500
	calm = 5 * time.Second
	// longestText bounds the text of a line in runes.
	longestText = 300
)

// Feed returns what notes how commits end, all that the journal knows.
func Feed(repository Repository, journal feed.Journal, log *zap.Logger) *feed.Feed {
	return &feed.Feed{
		Listener: "notes", All: true, Journal: journal, Most: most, Calm: calm, Log: log,
		Take: func(ctx context.Context, ends []record.Entry) error { return write(ctx, repository, ends) },
	}
}

func write(ctx context.Context, repository Repository, ends []record.Entry) error {
	lines := map[string][]string{}
	for _, e := range ends {
		line, err := lineOf(e)
		if err != nil {
			return err
		}
		if isWhole(e.Commit) {
			lines[e.Commit] = append(lines[e.Commit], line)
		}
	}
	message := fmt.Sprintf("How %s ended: %s\n", counted(len(lines), "commit"), counted(len(ends), "line"))
	return repository.Annotate(ctx, lines, source.Notice{Message: message, Name: "Sluice", Email: "sluice@localhost", When: time.Now()})
}

func lineOf(e record.Entry) (string, error) {
	text := []rune(strings.Join(strings.Fields(e.Text), " "))
	if len(text) > longestText {
		text = append(text[:longestText-1], '…')
	}
	raw, err := json.Marshal(Line{
		Environment: e.Environment, State: e.State, At: e.Finished.UTC(), Text: string(text), Reason: e.Reason, Restores: e.Restores,
		CarriedBy: e.CarriedBy, Outcome: e.Outcome, Entry: e.ID,
	})
	return string(raw), err
}

// isWhole reports whether a text is the whole hash of a commit: only that can have a note.
func isWhole(commit string) bool {
	return len(commit) == 40 && strings.Trim(commit, "0123456789abcdef") == ""
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
