package daemon

import (
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

// calls is what people may change over the API. The token is the one of the reading of the daemon's file that is in force.
func (d *Daemon) calls() web.Calls {
	return web.Calls{
		Token:  func() (gateway.Secret, error) { return d.now.Load().settings.API.Token() },
		Pauses: pauses{d.Journal, d.log}, Changed: d.ask,
	}
}

// pauses puts pauses on record, and says them in the log.
type pauses struct {
	*record.Journal
	log *zap.Logger
}

// Pause records a pause.
func (p pauses) Pause(pause record.Pause) error {
	err := p.Journal.Pause(pause)
	if err == nil {
		p.log.Info("paused", zap.String("env", pause.Environment), zap.String("by", pause.By), zap.String("reason", pause.Reason),
			zap.Time("until", pause.Until))
	}
	return err
}

// Resume records the end of a pause.
func (p pauses) Resume(environment, by string) error {
	err := p.Journal.Resume(environment, by)
	if err == nil {
		p.log.Info("resumed", zap.String("env", environment), zap.String("by", by))
	}
	return err
}
