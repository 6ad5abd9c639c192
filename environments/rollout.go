package environments

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Rollout says how an environment takes a commit. Nil and the zero value: at once, the newest first, and applied counts as verified.
type Rollout struct {
	Pos       diag.Pos `yaml:",pos"`
	Verify    *Verify  `yaml:"verify"`
	OnFailure string   `yaml:"onFailure"` // Hold, the default, or Rollback
	Queue     string   `yaml:"queue"`     // Newest, the default, or Every
	Windows   []Window `yaml:"windows"`
	Freeze    *Freeze  `yaml:"freeze"`
	Reverts   string   `yaml:"reverts"` // Always, the default: a revert to a proven digest passes windows and freezes; or Windows: it waits too
	Canary    []Canary `yaml:"canary"`
}

// The words of Rollout.
const (
	Hold     = "hold"     // OnFailure: the environment stands still at what was applied
	Rollback = "rollback" // OnFailure: what was verified last is put back
	Newest   = "newest"   // Queue: a newer commit takes the place of one that waits
	Every    = "every"    // Queue: each commit is applied and verified in its turn
	Always   = "always"   // Reverts
	Windows  = "windows"  // Reverts
)

// Verify is what must hold after an apply before the next wave or stage opens. Texts may hold variables.
type Verify struct {
	Pos     diag.Pos      `yaml:",pos"`
	Health  bool          `yaml:"health"` // the status API of every instance answers ready
	Probes  []Probe       `yaml:"probes"`
	Metrics []Metric      `yaml:"metrics"`
	Soak    time.Duration `yaml:"soak"`    // how long all of it must keep holding
	Timeout time.Duration `yaml:"timeout"` // for all of it, the soak included; 15 min over the soak when it is not set
}

// Probe is a request whose answer is looked at.
type Probe struct {
	Pos     diag.Pos          `yaml:",pos"`
	Name    string            `yaml:"name"`
	URL     string            `yaml:"url"`
	Method  string            `yaml:"method"` // GET when it is not set
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	Expect  Expect            `yaml:"expect"`
	Within  time.Duration     `yaml:"within"` // for the whole answer; 5 s when it is not set
	Times   int               `yaml:"times"`  // good answers in a row; 1 when it is not set
	Every   time.Duration     `yaml:"every"`  // between two requests; 1 s when it is not set
}

// Expect is what the answer to a probe must be. The zero value wants a status from 200 to 299.
type Expect struct {
	Status *strictyaml.Node `yaml:"status"` // one, or a list
	Body   string           `yaml:"body"`   // a regular expression that the body must match
	JSON   []JSONValue      `yaml:"json"`
}

// JSONValue is what must stand at a place of a JSON answer.
type JSONValue struct {
	Pos     diag.Pos         `yaml:",pos"`
	Path    string           `yaml:"path"` // as status.checks[0].name
	Equals  *strictyaml.Node `yaml:"equals"`
	Matches string           `yaml:"matches"` // a regular expression
}

// Metric is a Prometheus query whose value must stay within bounds.
type Metric struct {
	Pos   diag.Pos      `yaml:",pos"`
	Name  string        `yaml:"name"`
	Query string        `yaml:"query"`
	Min   *float64      `yaml:"min"`
	Max   *float64      `yaml:"max"`
	For   time.Duration `yaml:"for"`   // how long it must hold; once when it is not set
	Every time.Duration `yaml:"every"` // between two queries; 15 s when it is not set
	// NoData says what an empty result means: "fail", the default, or "pass".
	NoData string `yaml:"noData"`
}

// Window is a time in which an apply may, or may not, start. One of Allow and Deny is set; ParseSpan reads either.
type Window struct {
	Pos   diag.Pos `yaml:",pos"`
	Allow string   `yaml:"allow"` // as "Mon-Thu 09:00-17:00"
	Deny  string   `yaml:"deny"`  // likewise, or dates: "2026-12-24..2027-01-01"
	Zone  string   `yaml:"zone"`  // as Asia/Shanghai; UTC when it is not set
}

// Freeze shuts an environment for a time.
type Freeze struct {
	Pos    diag.Pos `yaml:",pos"`
	Reason string   `yaml:"reason"`
	From   string   `yaml:"from"`  // a day or a moment (RFC 3339); at once when it is not set
	Until  string   `yaml:"until"` // the same: a day ends the freeze at its beginning
	Zone   string   `yaml:"zone"`  // of days; UTC when it is not set
}

// Canary lets a service's new upstream take a growing share of the requests.
type Canary struct {
	Pos     diag.Pos      `yaml:",pos"`
	Service string        `yaml:"service"` // the id of the service
	Steps   []int         `yaml:"steps"`   // shares of the new upstream in percent, growing, 1 to 99
	Every   time.Duration `yaml:"every"`   // how long each step stands
	Metrics []Metric      `yaml:"metrics"` // what must hold during each step
}

// Pause stops an environment until it is taken away.
type Pause struct {
	Pos    diag.Pos `yaml:",pos"`
	Reason string   `yaml:"reason"`
	Until  string   `yaml:"until"` // a day or a moment; until it is taken away when not set
}
