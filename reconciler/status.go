package reconciler

import "time"

// Status is what runs where, since when, by which commit: the contract of `sluice status -o json` and of /api/v1/status
// (docs/cli.md).
type Status struct {
	Head         string              `json:"head"`            // the newest commit that was read
	Error        string              `json:"error,omitempty"` // what kept the last pass from its work: the config repo could not be read, or the journal not be written
	Environments []EnvironmentStatus `json:"environments"`
}

// EnvironmentStatus is one environment.
type EnvironmentStatus struct {
	Name    string        `json:"name"`
	After   []string      `json:"after,omitempty"` // the environments that must have applied and verified a commit before
	State   string        `json:"state"`
	Since   time.Time     `json:"since,omitzero"`   // when State began for Target; zero where that is not known
	Until   time.Time     `json:"until,omitzero"`   // when it goes on by itself: a soak ends, a window opens, it is tried again; zero where that is not known
	Target  string        `json:"target"`           // the commit that State speaks of
	Applied string        `json:"applied"`          // the commit that runs
	Text    string        `json:"text,omitempty"`   // one line
	Detail  string        `json:"detail,omitempty"` // every fault, how to allow a held plan
	Paused  string        `json:"paused,omitempty"` // why nothing is applied or healed, by whom, until when
	Groups  []GroupStatus `json:"groups"`
}

// GroupStatus is one gateway group.
type GroupStatus struct {
	Name    string `json:"name"`
	Wave    int    `json:"wave,omitempty"` // from 1; 0 where the layout is not known
	State   string `json:"state"`
	Applied string `json:"applied"`          // the commit that runs
	Digest  string `json:"digest"`           // of the state that runs
	Canary  string `json:"canary,omitempty"` // the step that stands of a canary, as "canary of users at 25 %"
	Drift   int    `json:"drift"`            // resources that were changed behind Git's back and not healed
	Error   string `json:"error"`
	// Holder is the replica that works at the group, where several share the work; empty: the one that leads.
	Holder string `json:"holder,omitempty"`
	// Ignored names the fields that are not as the commit says and that drift.ignore leaves so, as "routes/users:plugins.limit-count.count".
	Ignored []string `json:"ignored,omitempty"`
}

// Environment returns the environment of that name.
func (s Status) Environment(name string) (EnvironmentStatus, bool) {
	for _, env := range s.Environments {
		if env.Name == name {
			return env, true
		}
	}
	return EnvironmentStatus{}, false
}
