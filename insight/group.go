package insight

import (
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// Group is a gateway group, without what must be asked of it: see Model.Instances and Model.Live.
type Group struct {
	PlacedGroup
	Type    string    `json:"type,omitempty"` // of its backend: "apisix", "apisix-standalone", "api7", "embedded"; empty: not known
	Target  Commit    `json:"target"`         // of its environment
	Running Commit    `json:"running"`        // what it runs; zero where that is not known
	Since   time.Time `json:"since,omitzero"` // when Running began to run in it
	// Writes are the newest entries that wrote to the group for a commit, Drifts those that healed drift; the newest first.
	Writes []record.Entry `json:"writes"`
	Drifts []record.Entry `json:"drifts"`
}

// Health is what the instances of a gateway group say of themselves.
type Health struct {
	At        time.Time  `json:"at,omitzero"` // when they were asked
	Instances []Instance `json:"instances"`   // in the order of the daemon's file
	// Why says why there is nobody to ask; empty when there is.
	Why string `json:"why,omitempty"`
}

// Instance is one instance of a gateway group.
type Instance struct {
	Name  string `json:"name"`           // its address, without credentials
	State string `json:"state"`          // "ready", "running" where it is not told whether it is ready, "not-ready", or "unknown" where nothing can be asked
	Text  string `json:"text,omitempty"` // why it is not ready, or why that is not known
}

// LiveQuery says which resources of a gateway group to show.
type LiveQuery struct {
	Text  string // part of kind/id, whatever the case
	Kind  string // empty: all
	State string // one of the states of LiveResource, or "changed" for all but Same and NotOwned; empty: all
	Page  Page
	Fresh bool // read live anew, though it was read a few seconds ago
}

// Live is a gateway group as it is, held against the commit that it runs.
type Live struct {
	Environment string    `json:"environment"` // of the group
	Group       string    `json:"group"`       // its name
	At          time.Time `json:"at,omitzero"` // when live was read
	Commit      Commit    `json:"commit"`      // that live is held against
	// Why says why live can't be shown; then nothing else is.
	Why       string         `json:"why,omitempty"`
	Faults    []Fault        `json:"faults,omitempty"`  // of the commit, that stand in the way
	Counts    map[string]int `json:"counts"`            // how many resources are in each state, whatever was asked for
	Kinds     map[string]int `json:"kinds"`             // how many there are of each kind, likewise
	Ignored   []string       `json:"ignored,omitempty"` // fields that differ and that drift.ignore leaves so
	Resources []LiveResource `json:"resources"`         // by kind and id
	Page      Page           `json:"page"`              // of Resources
}

// The states of a resource.
const (
	Same     = "same"      // live is as desired
	Differs  = "differs"   // live is not as desired
	Missing  = "missing"   // desired, and not there
	Surplus  = "surplus"   // Sluice's own, and no longer desired
	NotOwned = "not-owned" // of somebody else: it is left alone
)

// LiveResource is one resource, live against desired.
type LiveResource struct {
	Kind       string         `json:"kind"`                 // as "routes"
	ID         string         `json:"id"`                   // among those of its kind
	State      string         `json:"state"`                // see Same and the others
	From       *Place         `json:"from,omitempty"`       // where it was written; nil for what is not desired
	Fields     []ChangedField `json:"fields,omitempty"`     // what differs: Old is live, New is desired
	MoreFields int            `json:"moreFields,omitempty"` // how many are left out
}
