package environments

import (
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Tree is the layout of a config repo at one commit. It is read-only once Load returned it.
type Tree struct {
	Settings     Settings
	Environments []Environment // in order of stages: what comes after another stands behind it; then by name
	// Faults are those of the repo as a whole. With one of severity Error no environment of this commit may be applied.
	Faults diag.List
}

// Settings is what sluice.yaml says.
type Settings struct {
	Vars *strictyaml.Node // the lowest variables; nil when there are none
}

// Environment is one directory below environments/.
type Environment struct {
	Name   string
	Pos    diag.Pos // its environment.yaml
	Layers []Layer  // lowest first, each once; the environment's own directory comes last
	// GroupLayers holds the layers of single gateway groups, for those that have a directory.
	GroupLayers map[string]Layer
	After       []string   // environments that must have applied and verified the commit before
	Waves       [][]string // gateway groups, wave by wave
	Guard       Guard
	Drift       Drift
	Ignore      []Ignored // fields that may differ live
	Adopt       bool      // whether existing resources may be taken over
	// DenyBreaking says that changes which clients can notice need leave.
	DenyBreaking bool
	Empty        bool // whether the environment is meant to hold no resources
	Promotion    Promotion
	Rollout      *Rollout
	Paused       *Pause // nil: it is not
	// Faults are those of this environment alone: they never stop its siblings.
	Faults diag.List

	places places
}

// places says where the names of gateway groups and of earlier stages stand.
type places struct{ groups, after []placed }

// Layer is a directory of fragments.
type Layer struct {
	Path string           // slash-separated, from the root of the config repo
	Pos  diag.Pos         // where the layer is asked for
	Vars *strictyaml.Node // of the environment.yaml in the same directory; they come before the vars of its fragments

	// Revision is the full hash of the commit that a pin names; empty for the commit that is being read.
	Revision    string
	RevisionPos diag.Pos // where the pin's revision stands
	// FS is the config repo at Revision; nil for the commit that is being read.
	FS fs.FS
}

// Guard says how much of a gateway group one commit may remove.
type Guard struct {
	MaxDeletes       *int     `yaml:"maxDeletes"`
	MaxDeletePercent *int     `yaml:"maxDeletePercent"`
	Protect          []string `yaml:"protect"` // patterns "kind/glob" of resources that are never deleted
}

// Find returns the environment of that name.
func (t Tree) Find(name string) (Environment, bool) {
	i := slices.IndexFunc(t.Environments, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return Environment{}, false
	}
	return t.Environments[i], true
}

// Groups returns the gateway groups of all waves, in order.
func (e Environment) Groups() []string { return slices.Concat(e.Waves...) }

// Names returns the names of all environments, and of all their gateway groups.
func (t Tree) Names() (environments, groups []string) {
	for _, env := range t.Environments {
		environments = append(environments, env.Name)
		groups = append(groups, env.Groups()...)
	}
	return environments, groups
}
