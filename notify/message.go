package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// Message is the body of a webhook (docs/notifications.md).
type Message struct {
	ID        string    `json:"-"`         // the same whenever this end is told
	Type      string    `json:"type"`      // "commit." and the state
	Timestamp time.Time `json:"timestamp"` // when it ended
	Data      Data      `json:"data"`
}

// Data is what is told of an end. It never holds a value of the configuration.
type Data struct {
	Repository  string       `json:"repository,omitempty"`
	Environment string       `json:"environment"`
	Commit      string       `json:"commit"`
	Subject     string       `json:"subject,omitempty"`
	Author      string       `json:"author,omitempty"`
	State       record.State `json:"state"`
	Text        string       `json:"text,omitempty"`  // one line
	Error       string       `json:"error,omitempty"` // every fault
	Hint        string       `json:"hint,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Restores    string       `json:"restores,omitempty"`  // the commit whose verified state was put back
	CarriedBy   string       `json:"carriedBy,omitempty"` // for superseded
	Outcome     record.State `json:"outcome,omitempty"`   // for superseded
	Started     time.Time    `json:"started,omitzero"`
	URL         string       `json:"url,omitempty"`
}

func newMessage(e record.Entry, c Config) Message {
	m := Message{ID: idOf(e), Type: "commit." + string(e.State), Timestamp: e.Finished.UTC(), Data: Data{
		Repository: c.Repository, Environment: e.Environment, Commit: e.Commit, Subject: e.Subject, Author: e.Author, State: e.State,
		Text: e.Text, Error: e.Error, Hint: e.Hint, Reason: e.Reason, Restores: e.Restores, CarriedBy: e.CarriedBy, Outcome: e.Outcome,
		Started: e.Started.UTC(),
	}}
	if c.Page != nil {
		m.Data.URL = c.Page(e)
	}
	return m
}

// idOf names an end. Two journals never give the same: the time is part of it, to the nanosecond.
func idOf(e record.Entry) string {
	text := fmt.Sprintf("%d %s %s %s %s %d", e.ID, e.Commit, e.Environment, e.State, e.Outcome, e.Finished.UnixNano())
	sum := sha256.Sum256([]byte(text))
	return "msg_" + hex.EncodeToString(sum[:16])
}

func (m Message) body() ([]byte, error) { return json.Marshal(m) }
