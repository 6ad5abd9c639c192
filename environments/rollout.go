package environments

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
)

// Rollout says how an environment takes a commit. It is read and checked; Load warns that it is not carried out yet.
type Rollout struct {
	Pos       diag.Pos `yaml:",pos"`
	Verify    *Verify  `yaml:"verify"`
	OnFailure string   `yaml:"onFailure"` // "hold", the default, or "rollback"
	Windows   []Window `yaml:"windows"`
	Freeze    *Freeze  `yaml:"freeze"`
}

// Verify is what must hold after an apply.
type Verify struct {
	Health  bool          `yaml:"health"`
	Probes  []Probe       `yaml:"probes"`
	Metrics []Metric      `yaml:"metrics"`
	Soak    time.Duration `yaml:"soak"`
	Timeout time.Duration `yaml:"timeout"`
}

// Probe is a request whose answer is looked at.
type Probe struct {
	Pos    diag.Pos      `yaml:",pos"`
	Name   string        `yaml:"name"`
	URL    string        `yaml:"url"`
	Expect Expect        `yaml:"expect"`
	Within time.Duration `yaml:"within"`
	Times  int           `yaml:"times"`
}

// Expect is what the answer to a probe must be.
type Expect struct {
	Status int `yaml:"status"`
}

// Metric is a query whose result must stay below a bound.
type Metric struct {
	Pos   diag.Pos      `yaml:",pos"`
	Name  string        `yaml:"name"`
	Query string        `yaml:"query"`
	Max   *float64      `yaml:"max"`
	For   time.Duration `yaml:"for"`
}

// Window is a time in which an apply may start.
type Window struct {
	Pos   diag.Pos `yaml:",pos"`
	Allow string   `yaml:"allow"`
	Zone  string   `yaml:"zone"`
}

// Freeze shuts an environment until a day.
type Freeze struct {
	Pos    diag.Pos `yaml:",pos"`
	Reason string   `yaml:"reason"`
	Until  string   `yaml:"until"`
}

// check returns what is wrong with the values, and the warning that nothing acts on them.
func (r *Rollout) check() diag.List {
	var faults diag.List
	if r.OnFailure != "" && r.OnFailure != "hold" && r.OnFailure != "rollback" {
		faults.Add(diag.Errorf(r.Pos, "wrong-value", "onFailure can't be %q", r.OnFailure).WithHint("write hold or rollback"))
	}
	if r.Freeze != nil {
		if _, err := time.Parse(time.DateOnly, r.Freeze.Until); err != nil {
			faults.Add(diag.Errorf(r.Freeze.Pos, "wrong-value", "freeze needs the day it ends").WithHint("write until: 2027-01-04"))
		}
	}
	faults.Add(diag.Warningf(r.Pos, "rollout-not-carried-out",
		"verify, windows, freeze and onFailure are checked but not acted on by this version").
		WithHint("a wave counts as verified once every gateway has taken its changes"))
	return faults
}
