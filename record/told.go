package record

import (
	"errors"
	"fmt"
)

// toldUpTo says how far a listener has been told of what the journal says.
type toldUpTo struct {
	Listener string `json:"listener"`
	UpTo     int64  `json:"upTo"` // the number of a line
}

// Listen returns the number of the line up to which a listener has been told of what the journal says. One that the journal does not know
// yet is put on record: it hears all that was ever said, or else what comes from now on.
func (j *Journal) Listen(listener string, all bool) (upTo int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	upTo, known := j.told[listener]
	if known {
		return upTo, nil
	}
	if !all {
		upTo = j.seq
	}
	return upTo, j.tellLocked(listener, upTo)
}

// Tell records that a listener has been told of all that the journal says up to a line, which must be there. It outlasts a restart, and
// a change of the leader.
func (j *Journal) Tell(listener string, upTo int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tellLocked(listener, upTo)
}

func (j *Journal) tellLocked(listener string, upTo int64) error {
	if err := j.appendLocked(line{Type: tell, Told: &toldUpTo{listener, upTo}}); err != nil {
		return fmt.Errorf("note what %s was told: %w", listener, err)
	}
	return nil
}

func (v *View) fitsTold(l line) error {
	switch {
	case l.Told == nil || l.Told.Listener == "":
		return errors.New("it says that a listener was told, and not which")
	case l.Told.UpTo < 0 || l.Told.UpTo >= l.Seq:
		return fmt.Errorf("it says that a listener was told of line %d, which comes later", l.Told.UpTo)
	}
	return nil
}
