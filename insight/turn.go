package insight

import (
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// Turn is what became of one commit in one environment.
type Turn struct {
	Environment string    `json:"environment"`      // its name
	Commit      Commit    `json:"commit"`           // that the turn is of
	State       string    `json:"state"`            // a record.State; empty when nothing is known of the commit here
	Final       bool      `json:"final"`            // nothing follows by itself
	Text        string    `json:"text,omitempty"`   // one line
	Detail      string    `json:"detail,omitempty"` // every fault, how to allow a held plan
	Faults      []Fault   `json:"faults,omitempty"` // what of Detail has a place in the config repo
	Reason      string    `json:"reason,omitempty"` // of its end: "commit", "rollback", "verify", "canary"
	Since       time.Time `json:"since,omitzero"`   // when State began; zero where that is not known
	Until       time.Time `json:"until,omitzero"`   // when it goes on by itself; zero where that is not known
	Running     bool      `json:"running"`          // the environment runs this commit now
	Head        bool      `json:"head"`             // it is the newest commit of the branch
	Paused      *Pause    `json:"paused,omitempty"` // the environment stands still; nil: it does not
	// Applied is what the environment runs now, Before what ran when this commit had its turn. Both are zero where none is known.
	Applied     Commit   `json:"applied"`
	Before      Commit   `json:"before"`
	Carries     []Commit `json:"carries,omitempty"`     // commits that this one has superseded, the newest first
	MoreCarried int      `json:"moreCarried,omitempty"` // how many of them are left out, at least
	// CarriedBy is the commit that superseded this one, and Outcome what that came to; nil and empty where none did, or it has not ended.
	CarriedBy   *Commit         `json:"carriedBy,omitempty"`
	Outcome     string          `json:"outcome,omitempty"`
	Later       *TurnLater      `json:"later,omitempty"`       // what has had its turn here since this commit was stopped; nil: nothing, or it was not stopped
	Restores    *Commit         `json:"restores,omitempty"`    // the commit whose verified state this one brings back
	Timeline    []Moment        `json:"timeline"`              // the oldest first
	Elsewhere   []TurnElsewhere `json:"elsewhere,omitempty"`   // what it has come to in the other environments, in their order
	Groups      []TurnGroup     `json:"groups"`                // in the order of waves and names
	MoreGroups  int             `json:"moreGroups,omitempty"`  // how many are left out: those in trouble never, if they can be helped
	Checks      []record.Check  `json:"checks,omitempty"`      // what was verified, and what came of it
	Entries     []record.Entry  `json:"entries"`               // of the journal for the commit, the newest first, without inventories and marks; drift is left out
	MoreEntries bool            `json:"moreEntries,omitempty"` // older ones are left out: HistoryQuery.Commit finds them
	Next        []Step          `json:"next"`                  // what a person can do now, the best first
}

// TurnLater is the newest commit that has come to an end in the environment since that of a turn was held, has failed or was rolled back.
type TurnLater struct {
	Commit Commit `json:"commit"` // that has had its turn
	State  string `json:"state"`  // a record.State: what it came to
}

// TurnElsewhere is what the commit of a turn has come to in another environment.
type TurnElsewhere struct {
	Environment string `json:"environment"` // its name
	State       string `json:"state"`       // a record.State; empty when nothing is known of the commit there
	Running     bool   `json:"running"`     // the environment runs the commit now
	Target      bool   `json:"target"`      // it is the newest commit that the environment has looked at
}

// Moment is a step on the way of a commit through an environment.
type Moment struct {
	At    time.Time `json:"at,omitzero"`     // when it began
	End   time.Time `json:"end,omitzero"`    // when it ended; zero while it goes on, and for what takes no time
	State string    `json:"state"`           // a record.State, or "committed"
	Wave  int       `json:"wave,omitempty"`  // from 1; 0: the environment as a whole
	Group string    `json:"group,omitempty"` // empty: the environment or the wave as a whole
	Text  string    `json:"text,omitempty"`  // one line, or all that a gateway said
	Now   bool      `json:"now,omitempty"`   // it is what goes on now
	OK    *bool     `json:"ok,omitempty"`    // how it ended; nil while it goes on, and for what ends neither well nor badly
}

// TurnGroup is what a commit came to in one gateway group.
type TurnGroup struct {
	Name      string    `json:"name"`              // of the gateway group
	Wave      int       `json:"wave"`              // from 1
	State     string    `json:"state"`             // a record.State; empty: nothing was written for this commit
	Started   time.Time `json:"started,omitzero"`  // when its newest entry was begun
	Finished  time.Time `json:"finished,omitzero"` // when that ended; zero while it goes on
	Created   int       `json:"created"`           // how many resources were created
	Updated   int       `json:"updated"`           // how many were updated
	Deleted   int       `json:"deleted"`           // how many were deleted
	Adopted   int       `json:"adopted"`           // how many were taken over
	Failed    int       `json:"failed"`            // how many changes failed
	Confirmed bool      `json:"confirmed"`         // the instances confirmed every barrier
	Runs      bool      `json:"runs"`              // the group runs the commit now, whatever the environment as a whole does
	Error     string    `json:"error,omitempty"`   // what went wrong
	Canary    string    `json:"canary,omitempty"`  // the step of a canary that stands, or was applied last
}

// Step is something that a person can do next.
type Step struct {
	Kind string `json:"kind"` // "wait", "fix", "allow", "retry", "resume", "revert", "promote", "follow"
	Text string `json:"text"` // one sentence
	// Command is what to run, or for "allow" the trailers to put into a commit message, one a line; empty where there is none.
	Command string `json:"command,omitempty"`
	URL     string `json:"url,omitempty"` // of a pull request that is open for it, or of the place to mend
	// Environment and Commit say which turn it leads to, as with "follow"; empty where it leads to none.
	Environment string `json:"environment,omitempty"`
	Commit      string `json:"commit,omitempty"`
}
