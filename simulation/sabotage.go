package simulation

import (
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
)

// Sabotage breaks the daemon on purpose, so that the promises are seen to be looked after.
type Sabotage struct {
	Name   string
	Config func(*reconciler.Config) // nil: nothing
	Posts  func(*forge.Delivery)    // changes how statuses are posted; nil: not
	Lies   func(line []byte) bool   // nil: the disk is honest
	Stuck  bool                     // nothing is ever cut off the journal
	Hasty  bool                     // settings that are read again put a second reconciler beside the first
}

func (s *Sabotage) daemon(config *reconciler.Config) {
	if s.Config != nil {
		s.Config(config)
	}
}

func (s *Sabotage) delivery(d *forge.Delivery) {
	if s.Posts != nil {
		s.Posts(d)
	}
}

func (s *Sabotage) disk(d *disk) { d.lies, d.stuck = s.Lies, s.Stuck }
