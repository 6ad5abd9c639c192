package settings

import "time"

// PullRequests says what is done about pull requests where a forge is named.
type PullRequests struct {
	Plan *bool         `yaml:"plan"` // whether they are planned; they are when it is not set
	Poll time.Duration `yaml:"poll"` // how often to look for new ones and new heads; 1 min when it is not set
}

// Planned reports whether pull requests are planned.
func (p PullRequests) Planned() bool { return p.Plan == nil || *p.Plan }
