package record

import (
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// Entry is one record: a commit applied, or not, to a gateway group of an environment.
type Entry struct {
	ID      int64     `json:"id"` // set by the journal; grows with every entry
	Commit  string    `json:"commit"`
	Subject string    `json:"subject,omitempty"`
	Author  string    `json:"author,omitempty"`
	When    time.Time `json:"when,omitzero"` // the time of the commit

	Environment string `json:"environment"`
	Group       string `json:"group,omitempty"` // empty for an entry that concerns the environment as a whole
	State       State  `json:"state"`
	Reason      string `json:"reason,omitempty"` // "commit", "drift", "rotation", "canary": a step, "rollback", "verify": checks did not hold

	Digest string `json:"digest,omitempty"` // of the desired state
	Plan   string `json:"plan,omitempty"`   // digest of the plan
	Live   string `json:"live,omitempty"`   // digest read back after the apply; empty when it is not known

	Created int          `json:"created,omitempty"`
	Updated int          `json:"updated,omitempty"`
	Deleted int          `json:"deleted,omitempty"`
	Adopted int          `json:"adopted,omitempty"`
	Failed  int          `json:"failed,omitempty"`
	Changes []ChangeLine `json:"changes,omitempty"`

	Restores  string `json:"restores,omitempty"`  // the commit whose verified state this one brings back
	CarriedBy string `json:"carriedBy,omitempty"` // for superseded: the commit that carries this one
	Outcome   State  `json:"outcome,omitempty"`   // for superseded: what the carrying commit came to; empty until it has
	// Confirmed says that the instances confirmed every barrier; false means that only the settle time has passed.
	Confirmed bool `json:"confirmed,omitempty"`
	// Groups names the gateway groups of an environment that was applied as a whole. Nil means all that it ever had.
	Groups []string `json:"groups,omitempty"`
	Text   string   `json:"text,omitempty"` // how it ended, in one line for people
	Error  string   `json:"error,omitempty"`
	Hint   string   `json:"hint,omitempty"`

	// Verified says what was asked after the apply, and what came of it. Nil means that nothing was.
	Verified []Check `json:"verified,omitempty"`
	// Inventory holds the owned resources of kinds without labels, as of this entry. Nil means that the entry says nothing
	// of it, and what was known before stands; an empty list means that nothing is owned.
	Inventory []gateway.Key `json:"inventory,omitzero"`
	// Sent marks the secrets that live can't tell or would show in clear, as of this entry. Nil means that the entry says nothing of them.
	Sent []Mark `json:"sent,omitzero"`
	// Secrets marks what the references of the config repo to secrets came to, when that was sent. Nil means that the entry says
	// nothing of them, and what was known before stands.
	Secrets []SecretMark `json:"secrets,omitzero"`
	// Rotated names the references whose value is another than the one that was sent before.
	Rotated []string `json:"rotated,omitempty"`
	// Status is what the forge shall show. The zero value asks for nothing to be posted.
	Status Status `json:"status,omitzero"`

	Started  time.Time `json:"started,omitzero"`  // set to now by Begin and Note when zero
	Finished time.Time `json:"finished,omitzero"` // set to now by Finish and Note when zero
}

// ChangeLine names one change of an entry. It never holds a value.
type ChangeLine struct {
	Op    plan.Op     `json:"op"`
	Key   gateway.Key `json:"key"`
	Phase plan.Phase  `json:"phase,omitempty"`
}

// Check is one thing that had to hold after an apply, and whether it did.
type Check struct {
	Kind  string `json:"kind"`            // "health", "probe", "metric", "soak"
	Name  string `json:"name,omitempty"`  // of the probe or metric
	Group string `json:"group,omitempty"` // the gateway group that it was asked of; empty when it concerns the wave as a whole
	OK    bool   `json:"ok"`
	Text  string `json:"text,omitempty"` // what was seen, in one line for people
}

// Status is a commit status as the forge shall show it.
type Status struct {
	Context string      `json:"context"` // "sluice/prod"
	State   StatusState `json:"state"`
	Text    string      `json:"text,omitempty"` // cut to StatusText runes when it is written
}

// StatusState is the forge's word for how a commit fares; each forge spells it its own way.
type StatusState string

// The states of a status.
const (
	StatusPending StatusState = "pending"
	StatusSuccess StatusState = "success"
	StatusFailure StatusState = "failure"
	StatusError   StatusState = "error"
)

// StatusText is the most runes that a Status.Text holds: what every forge shows.
const StatusText = 140

// cut shortens the text to what every forge shows.
func (s Status) cut() Status {
	if runes := []rune(s.Text); len(runes) > StatusText {
		s.Text = string(runes[:StatusText-1]) + "…"
	}
	return s
}

// brief returns e without its lists, which stay in the file.
func (e Entry) brief() Entry {
	e.Changes, e.Verified, e.Inventory, e.Sent, e.Secrets, e.Rotated, e.Groups = nil, nil, nil, nil, nil, nil, nil
	return e
}
