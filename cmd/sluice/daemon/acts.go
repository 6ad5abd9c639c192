package daemon

import (
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

// acts is what people may ask for over the API.
func (d *Daemon) acts() web.Acts {
	return web.Acts{
		Record:  byTheLeader{recorded{d.Journal, d.log}, d},
		Changed: d.ask,
		Sync:    func() { d.perform(record.Act{Kind: record.ActSync}) },
		Retry:   func(environment string) { d.perform(record.Act{Kind: record.ActRetry, Environment: environment}) },
	}
}

// recorded puts what people ask for on record, and says it in the log.
type recorded struct {
	*record.Journal
	log *zap.Logger
}

// Pause records a pause.
func (r recorded) Pause(pause record.Pause) error {
	err := r.Journal.Pause(pause)
	if err == nil {
		r.log.Info("paused", zap.String("env", pause.Environment), zap.String("by", pause.By), zap.String("reason", pause.Reason),
			zap.Time("until", pause.Until))
	}
	return err
}

// Resume records the end of a pause.
func (r recorded) Resume(environment, by string) error {
	err := r.Journal.Resume(environment, by)
	if err == nil {
		r.log.Info("resumed", zap.String("env", environment), zap.String("by", by))
	}
	return err
}

// Act records what was asked for.
func (r recorded) Act(act record.Act) error {
	err := r.Journal.Act(act)
	if err == nil {
		r.log.Info("asked", zap.String("for", string(act.Kind)), zap.String("env", act.Environment), zap.String("by", act.By))
	}
	return err
}
