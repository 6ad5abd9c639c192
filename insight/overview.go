package insight

import "time"

// Overview is what runs where, at one glance.
type Overview struct {
	Repository string `json:"repository"`       // without credentials
	Branch     string `json:"branch"`           // that is followed
	Role       string `json:"role"`             // "alone", "leader" or "standby"
	Leader     string `json:"leader,omitempty"` // who leads, on a standby that knows it
	Ready      bool   `json:"ready"`            // the config repo was read at least once
	Head       Commit `json:"head"`             // the newest commit that was read; zero before the first
	// Trouble is what stands in the way of the daemon itself, the worst first; empty when nothing does.
	Trouble      []Trouble     `json:"trouble"`
	Environments []Environment `json:"environments"` // in the order of their stages
	// Webhooks are the calls of the forge; nil where none are taken.
	Webhooks *Webhooks `json:"webhooks,omitempty"`
}

// Webhooks are the calls of the forge since the daemon was started.
type Webhooks struct {
	Counts map[string]int `json:"counts"` // by outcome
	Last   []Webhook      `json:"last"`   // the newest first
}

// Webhook is one call of the forge.
type Webhook struct {
	At      time.Time `json:"at"`              // when it came
	ID      string    `json:"id,omitempty"`    // as the forge names it
	Event   string    `json:"event,omitempty"` // as "push"
	Outcome string    `json:"outcome"`         // what came of it
}

// Trouble is one thing that is wrong with the daemon or with what it talks to.
type Trouble struct {
	Kind string `json:"kind"`           // "config-repo", "journal", "forge", "notifications", "statuses", "webhooks", "replica"
	Text string `json:"text"`           // one line
	Hint string `json:"hint,omitempty"` // what to do
}

// Environment is one environment: what runs in it, and what it is about to run.
type Environment struct {
	Name   string   `json:"name"`             // as its directory
	Stage  int      `json:"stage"`            // from 1: those that come after no other
	After  []string `json:"after,omitempty"`  // the environments that must have applied and verified a commit before
	State  string   `json:"state"`            // a record.State: of Target
	Final  bool     `json:"final"`            // nothing follows for Target
	Text   string   `json:"text,omitempty"`   // one line
	Detail string   `json:"detail,omitempty"` // every fault, how to allow a held plan
	Paused *Pause   `json:"paused,omitempty"` // nil: it is not
	// Since is when State began, and Until when it goes on by itself: the end of a soak, the opening of a window, the next try. Both are
	// zero where it is not known.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Target is the commit that State speaks of, Applied the one that runs since AppliedSince. Applied is zero where none does.
	Target       Commit    `json:"target"`
	Applied      Commit    `json:"applied"`
	AppliedSince time.Time `json:"appliedSince,omitzero"`
	Counts       Counts    `json:"counts"` // of its gateway groups
	Waves        []Wave    `json:"waves"`  // in their order
}

// Pause says that an environment stands still.
type Pause struct {
	Text  string    `json:"text"`           // all of it in one line
	By    string    `json:"by"`             // "Git" where environment.yaml says so
	Until time.Time `json:"until,omitzero"` // when it ends by itself; zero where nobody has said so
	// Call says that a call has paused it, so that a call can resume it; what Git says only a commit changes.
	Call bool `json:"call"`
}

// Counts counts gateway groups. A group may count in several.
type Counts struct {
	Groups   int `json:"groups"`           // all of them
	Current  int `json:"current"`          // run the target, without an error or drift
	Behind   int `json:"behind"`           // run another commit, or none
	Failing  int `json:"failing"`          // have an error; those that a guard holds are behind
	Drifting int `json:"drifting"`         // hold resources that were changed behind Git's back
	Drift    int `json:"drift"`            // those resources
	Canary   int `json:"canary,omitempty"` // stand at a step of a canary
}

// Wave is the gateway groups of an environment that go side by side.
type Wave struct {
	Number int         `json:"number"` // from 1
	Counts Counts      `json:"counts"` // of all its groups
	Groups []GroupLine `json:"groups"` // at most as many as were asked for, those in trouble first, then by name
	More   int         `json:"more"`   // how many are left out
}

// GroupLine is a gateway group in one line.
type GroupLine struct {
	Name    string   `json:"name"`              // as in the daemon's file
	Wave    int      `json:"wave"`              // from 1
	State   string   `json:"state"`             // a record.State, of what it was given last
	Error   string   `json:"error,omitempty"`   // what is wrong with it
	Applied string   `json:"applied,omitempty"` // the hash of the commit that runs
	Digest  string   `json:"digest,omitempty"`  // of the state that runs
	Holder  string   `json:"holder,omitempty"`  // the replica that works at it; empty: the one that leads
	Canary  string   `json:"canary,omitempty"`  // the step that stands, as "canary of users at 25 %"
	Drift   int      `json:"drift"`             // resources that were changed behind Git's back and not healed
	Ignored []string `json:"ignored,omitempty"` // fields that drift.ignore leaves as they are
	Current bool     `json:"current"`           // it runs the target, without an error or drift
}

// GroupQuery says which gateway groups to list. The zero value lists the first of all.
type GroupQuery struct {
	Environment string // empty: all
	Text        string // part of the name, whatever the case
	Only        string // "failing", "behind", "drifting", "canary"; empty: all
	Page        Page
}

// GroupList is a page of gateway groups, in the order of stages, waves and names.
type GroupList struct {
	Groups []PlacedGroup `json:"groups"` // that were asked for
	Page   Page          `json:"page"`   // of Groups
}

// PlacedGroup is a gateway group with its environment.
type PlacedGroup struct {
	Environment string `json:"environment"` // that owns the group
	GroupLine
}

// Page is a part of a list. Asked for, it says what to leave out and how much to show at most; a Limit of 0 is the default of the call,
// and one that is too large is cut. In an answer it says what was shown, and Total how long the list is.
type Page struct {
	Offset int `json:"offset"` // how many are left out before
	Limit  int `json:"limit"`  // how many are shown at most
	Total  int `json:"total"`  // how many there are
}
