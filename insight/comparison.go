package insight

import "github.com/sluice-gitops/sluice/skew"

// Comparison is what differs between two environments, or in one between two commits.
type Comparison struct {
	First        string `json:"first"`                 // the name of an environment, or the hash of a commit; empty: nothing ran before
	Second       string `json:"second"`                // likewise
	FirstCommit  Commit `json:"firstCommit"`           // that the first side is rendered from
	SecondCommit Commit `json:"secondCommit"`          // that the second side is rendered from
	Environment  string `json:"environment,omitempty"` // that two commits are compared in
	// Why says why there is no comparison; empty when there is one.
	Why        string               `json:"why,omitempty"`
	Faults     []Fault              `json:"faults,omitempty"`     // that stand in the way of one
	OnlyFirst  int                  `json:"onlyFirst"`            // how many resources only the first side has
	OnlySecond int                  `json:"onlySecond"`           // how many resources only the second side has
	Differ     int                  `json:"differ"`               // how many resources both have, and not alike
	Meant      int                  `json:"meant"`                // how many fields were left out because they are meant to differ
	MoreGroups int                  `json:"moreGroups,omitempty"` // how many gateway groups of an environment were not compared, because there are so many
	Resources  []ResourceDifference `json:"resources"`            // in the order of kinds and ids
	Page       Page                 `json:"page"`                 // of Resources
	// MoreResources is how many resources that differ are on no page, because there are so many.
	MoreResources int `json:"moreResources,omitempty"`
}

// ResourceDifference is a resource that is not the same on both sides.
type ResourceDifference struct {
	Op   skew.Op `json:"op"`   // on which side it is
	Kind string  `json:"kind"` // as "routes"
	ID   string  `json:"id"`   // among those of its kind
	// FirstGroups and SecondGroups name the gateway groups that it is so for; none means all of that side.
	FirstGroups  []string          `json:"firstGroups,omitempty"`
	SecondGroups []string          `json:"secondGroups,omitempty"`
	Fields       []FieldDifference `json:"fields"`               // of a resource on one side only, every field at its top
	MoreFields   int               `json:"moreFields,omitempty"` // how many are left out
}

// FieldDifference is one value that is not the same on both sides.
type FieldDifference struct {
	Path string `json:"path"` // as "plugins.limit-count.count"
	// First and Second are JSON values; nil where that side lacks the field. A long one is cut to a text, see ValueBytes.
	First  any `json:"first,omitempty"`
	Second any `json:"second,omitempty"`
	// FirstFrom and SecondFrom are where the values were written; nil where nothing was.
	FirstFrom  *Place `json:"firstFrom,omitempty"`
	SecondFrom *Place `json:"secondFrom,omitempty"`
	Meant      bool   `json:"meant,omitempty"` // only the variables of the two sides differ
}
