package verify

import (
	"io/fs"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// Wave is what is to be verified: gateway groups of an environment that have taken a commit.
type Wave struct {
	FS          fs.FS // the config repo at the commit
	Tree        environments.Tree
	Environment environments.Environment
	Groups      []string
	// Proven says that every group runs a state that was verified before: the soak and the times of metrics are left out.
	Proven bool
	// Renderer reads variables. To give the one that rendered the groups saves reading all again; nil: all is read again.
	Renderer *render.Renderer
	// Soaks is told when the soak ends, whenever that changes, and the zero time when something does not hold any more. It may be nil, and
	// must not block.
	Soaks func(end time.Time)
}

// Report says what was looked at, and what it came to. The zero value holds.
type Report struct {
	Checks []Check
}

// Check is one thing that was looked at.
type Check struct {
	Kind  string // "health", "probe", "metric", "soak", or "verify" when it could not begin
	Name  string // of the probe or the metric
	Group string // empty when it concerns the wave as a whole
	OK    bool
	Text  string // one line: "200 in 12ms, 3 times", "502, want 200"
}

// Failed returns the first check that does not hold.
func (r Report) Failed() (Check, bool) {
	for _, check := range r.Checks {
		if !check.OK {
			return check, true
		}
	}
	return Check{}, false
}
