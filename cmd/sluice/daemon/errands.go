package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// errand is what a replica that stands by asks the leader to do: one of its fields. One without any asks for a pass.
type errand struct {
	Pause  *record.Pause `json:"pause,omitempty"`
	Resume *record.Pause `json:"resume,omitempty"` // of the environment, by the person
	Act    *record.Act   `json:"act,omitempty"`
}

// errandDone is the answer.
type errandDone struct {
	Error string `json:"error,omitempty"` // why it was not done
}

// longestErrand is how long somebody waits for the leader: one that takes the place of another is not there at once.
const longestErrand = 10 * time.Second

// send lets the leader do something.
func (d *Daemon) send(e errand) error {
	ctx, cancel := context.WithTimeout(context.Background(), longestErrand)
	defer cancel()
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	answer, err := d.replicas.etcd.Send(ctx, body)
	if err != nil {
		return fmt.Errorf("ask the replica that leads: %w", err)
	}
	var done errandDone
	if err := json.Unmarshal(answer, &done); err != nil {
		return fmt.Errorf("answer of the replica that leads: %w", err)
	}
	if done.Error != "" {
		return fmt.Errorf("the replica that leads: %w", errors.New(done.Error))
	}
	return nil
}

// runErrand does what another replica asks for.
func (d *Daemon) runErrand(body []byte) []byte {
	var e errand
	err := json.Unmarshal(body, &e)
	if err == nil {
		err = d.doErrand(e)
	}
	var done errandDone
	if err != nil {
		done.Error = err.Error()
	}
	answer, _ := json.Marshal(done) // a text can always be
	return answer
}

func (d *Daemon) doErrand(e errand) error {
	here := recorded{d.Journal, d.log}
	switch {
	case e.Pause != nil:
		return d.thenAsk(here.Pause(*e.Pause))
	case e.Resume != nil:
		return d.thenAsk(here.Resume(e.Resume.Environment, e.Resume.By))
	case e.Act != nil:
		if err := here.Act(*e.Act); err != nil {
			return err
		}
		d.perform(*e.Act)
		return nil
	}
	return d.thenAsk(nil)
}

func (d *Daemon) thenAsk(err error) error {
	if err == nil {
		d.ask()
	}
	return err
}

// perform does what was asked for, where there is a reconciler.
func (d *Daemon) perform(act record.Act) {
	if current := d.Reconciler(); current != nil {
		switch act.Kind {
		case record.ActSync:
			current.Look()
		case record.ActRetry:
			current.RetryIn(act.Environment)
		}
	}
	d.ask()
}

// askAnywhere asks for a pass, on a standby the leader. That it can't be asked costs time only: it looks by itself.
func (d *Daemon) askAnywhere() {
	if d.replicas == nil || d.isLeader() {
		d.ask()
		return
	}
	if err := d.send(errand{}); err != nil {
		d.log.Debug("the leader was not told of a webhook", zap.Error(err))
	}
}

// byTheLeader puts what people ask for on record: itself where this replica leads, else by the one that does.
type byTheLeader struct {
	recorded
	daemon *Daemon
}

func (b byTheLeader) sends() bool { return b.daemon.replicas != nil && !b.daemon.isLeader() }

// Paused returns the pause that an environment is under. A standby reads first what the leader has put on record meanwhile.
func (b byTheLeader) Paused(environment string) (record.Pause, bool) {
	if b.sends() {
		_ = b.Refresh() // what is known already is the best there is then
	}
	return b.recorded.Paused(environment)
}

// send lets the leader do something, and reads what it has put on record: who asks here next is to see it.
func (b byTheLeader) send(e errand) error {
	err := b.daemon.send(e)
	if err == nil {
		_ = b.Refresh() // else at the next time
	}
	return err
}

// Pause records a pause.
func (b byTheLeader) Pause(pause record.Pause) error {
	if b.sends() {
		return b.send(errand{Pause: &pause})
	}
	return b.recorded.Pause(pause)
}

// Resume records the end of a pause.
func (b byTheLeader) Resume(environment, by string) error {
	if b.sends() {
		return b.send(errand{Resume: &record.Pause{Environment: environment, By: by}})
	}
	return b.recorded.Resume(environment, by)
}

// Act records what was asked for.
func (b byTheLeader) Act(act record.Act) error {
	if b.sends() {
		return b.send(errand{Act: &act})
	}
	return b.recorded.Act(act)
}
