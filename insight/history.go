package insight

import (
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// HistoryQuery narrows History. An empty field lets everything pass.
type HistoryQuery struct {
	Environment string    // its name
	Group       string    // its name
	Whole       bool      // only entries of environments as a whole: the ends of commits
	State       string    // a record.State, or "open" for what has not ended
	Reason      string    // "commit", "drift", "rotation", "canary", "rollback", "verify"
	Author      string    // part of the author, whatever the case
	Commit      string    // a hash, or the beginning of one
	Resource    string    // "routes/login": entries that have changed it
	Text        string    // part of the subject, the text or the error, whatever the case
	Since       time.Time // entries that were not begun before
	Until       time.Time // entries that were begun before
	Before      int64     // entries with a smaller ID: HistoryPage.Next of the page before
	Limit       int       // 0: DefaultEntries; at most MostEntries
}

// Bounds of a page of entries.
const (
	DefaultEntries = 50
	MostEntries    = 500
)

// HistoryPage is a page of the journal.
type HistoryPage struct {
	Entries []record.Entry `json:"entries"` // the newest first, without inventories and marks, and with at most EntryChanges changes each
	// Next is what Before of the next page is; absent on the last one.
	Next int64 `json:"next,omitempty"`
	// Searched says that the page ends early, because so many entries were looked at: there may be more that fits on the next one.
	Searched bool `json:"searched,omitempty"`
	// Pauses are those that fall into the time of the page, the newest first, where only environments and times were asked for. One without
	// an end is a resume, and By who ended the pause.
	Pauses []record.Pause `json:"pauses,omitempty"`
	// Acts are what people have asked for in that time, likewise.
	Acts         []record.Act `json:"acts,omitempty"`
	Environments []string     `json:"environments"` // that may be asked for
	Groups       []string     `json:"groups"`       // of the environment that was asked for, or of all
}

// ResourceQuery names a resource of an environment.
type ResourceQuery struct {
	Environment string // its name
	Group       string // empty: all groups of the environment
	Kind        string // as "routes"
	ID          string // among those of its kind
	Limit       int    // of entries, as in HistoryQuery
	Before      int64  // likewise
}

// Resource is who has changed a resource, and where each of its fields comes from.
type Resource struct {
	Environment string `json:"environment"` // its name
	Kind        string `json:"kind"`        // as "routes"
	ID          string `json:"id"`          // among those of its kind
	Commit      Commit `json:"commit"`      // that runs, and that Groups are rendered from
	// Changed are the entries that have changed it, the newest first, each with its changes of this resource alone. Next is as in
	// HistoryPage.
	Changed []record.Entry `json:"changed"`
	Next    int64          `json:"next,omitempty"`
	// Why says why its fields can't be shown, as when the commit has no such resource; empty when they are.
	Why    string          `json:"why,omitempty"`
	Faults []Fault         `json:"faults,omitempty"` // of the commit, that stand in the way
	Groups []ResourceGroup `json:"groups"`           // groups in which it is the same are told once
}

// ResourceGroup is a resource as gateway groups shall have it.
type ResourceGroup struct {
	Groups     []string         `json:"groups"`               // their names
	From       *Place           `json:"from,omitempty"`       // where it was written
	Fields     []ExplainedField `json:"fields"`               // in the order of their paths
	MoreFields int              `json:"moreFields,omitempty"` // how many are left out
}

// ExplainedField is a value and where it was written.
type ExplainedField struct {
	Path  string  `json:"path"`           // as "plugins.limit-count.count"
	Value any     `json:"value"`          // a JSON value; a long one is cut to a text, see ValueBytes
	From  []Place `json:"from,omitempty"` // the place that holds first, then those that it overrides; empty for what Sluice set itself
}
