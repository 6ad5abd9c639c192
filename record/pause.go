package record

import (
	"errors"
	"fmt"
	"time"
)

// Pause says that a person has stopped an environment for a time.
type Pause struct {
	Environment string    `json:"environment"`
	By          string    `json:"by"` // who did
	Reason      string    `json:"reason,omitempty"`
	Until       time.Time `json:"until,omitzero"` // when it ends by itself
	At          time.Time `json:"at,omitzero"`    // when it began; set by the journal
}

// Pause records that an environment stands still until p.Until. A later pause of the same environment takes its place. The
// environment, the person and an end in the future are needed.
func (j *Journal) Pause(p Pause) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p.At = time.Now().UTC()
	if !p.Until.After(p.At) {
		return fmt.Errorf("pause environment %q: a pause must end, and %s is not in the future", p.Environment, p.Until.Format(time.RFC3339))
	}
	if err := j.appendLocked(line{Type: pause, Pause: &p}); err != nil {
		return fmt.Errorf("pause environment %q: %w", p.Environment, err)
	}
	return nil
}

// Resume records that a person has ended the pause of an environment. It is an error when there is none.
func (j *Journal) Resume(environment, by string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := Pause{Environment: environment, By: by, At: time.Now().UTC()}
	if err := j.appendLocked(line{Type: resume, Pause: &p}); err != nil {
		return fmt.Errorf("resume environment %q: %w", environment, err)
	}
	return nil
}

// Paused returns the pause that an environment is under now; false when there is none, or it has ended.
func (v *View) Paused(environment string) (Pause, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, found := v.pauses[environment]
	return p, found && time.Now().Before(p.Until)
}

func (v *View) fitsPause(l line) error {
	if l.Pause == nil || l.Pause.Environment == "" || l.Pause.By == "" {
		return errors.New("it says that an environment was paused or resumed, and not which or by whom")
	}
	if _, paused := v.pauses[l.Pause.Environment]; l.Type == resume && !paused {
		return fmt.Errorf("environment %q is not paused", l.Pause.Environment)
	}
	return nil
}
