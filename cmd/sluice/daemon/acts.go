package daemon

import (
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

// acts is what people may ask for over the API.
func (d *Daemon) acts() web.Acts {
	acts := web.Acts{
		Record: recorded{d.Journal, d.log}, Changed: d.ask,
		Sync: func() {
			if current := d.Reconciler(); current != nil {
				current.Look()
			}
			d.ask()
		},
		Retry: func(environment string) {
			if current := d.Reconciler(); current != nil {
				current.RetryIn(environment)
			}
			d.ask()
		},
	}
	if d.replicas != nil {
		acts.Leader = func() (string, bool) {
			if d.isLeader() {
				return "", true
			}
			return d.replicas.heard.Load().leader, false
		}
	}
	return acts
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
