package record

import (
	"fmt"
	"time"
)

// Begin records that e is about to be carried out, and returns it with its ID. It must return before the first write to a
// gateway. The state of e must not be final.
func (j *Journal) Begin(e Entry) (Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.ID = j.seq + 1
	stamp(&e.Started)
	if err := j.appendLocked(line{Type: begin, Entry: &e}); err != nil {
		return Entry{}, fmt.Errorf("begin entry of %s/%s: %w", e.Environment, e.Group, err)
	}
	return j.open[e.ID], nil
}

// Finish records how e, which Begin or Interrupted returned, has ended. The state of e must be final.
func (j *Journal) Finish(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	stamp(&e.Finished)
	if err := j.appendLocked(line{Type: finish, Entry: &e}); err != nil {
		return fmt.Errorf("finish entry %d: %w", e.ID, err)
	}
	return nil
}

// Note records in one line an entry that writes nothing to a gateway. The state of e must be final.
func (j *Journal) Note(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.ID = j.seq + 1
	stamp(&e.Started)
	stamp(&e.Finished)
	if err := j.appendLocked(line{Type: note, Entry: &e}); err != nil {
		return fmt.Errorf("note entry of %s/%s: %w", e.Environment, e.Group, err)
	}
	return nil
}

// Show puts the status of e, which concerns its commit in its environment, into the outbox, and no entry on record: it says how far a
// commit has come, before there is anything to record.
func (j *Journal) Show(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e = Entry{ID: j.seq + 1, Commit: e.Commit, Environment: e.Environment, State: e.State, Status: e.Status, Started: e.Started}
	stamp(&e.Started)
	if err := j.appendLocked(line{Type: show, Entry: &e}); err != nil {
		return fmt.Errorf("show status %s: %w", e.Status.Context, err)
	}
	return nil
}

// Posted records that the forge has taken the status of e, which Outbox returned. When e has a newer status by now, that one
// stays in the outbox.
func (j *Journal) Posted(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.appendLocked(line{Type: sent, Posted: &posted{ID: e.ID, Commit: e.Commit, Status: e.Status}}); err != nil {
		return fmt.Errorf("note posted status of entry %d: %w", e.ID, err)
	}
	return nil
}

func stamp(at *time.Time) {
	if at.IsZero() {
		*at = time.Now()
	}
}

// appendLocked writes l as the last line and brings it into the view. After an error the file ends as before.
func (j *Journal) appendLocked(l line) error {
	// What is known may be older than what the store holds: a line in the wrong place would take others with it.
	if j.following {
		return ErrFollowed
	}
	l.Seq, l.Prev, l.Time = j.seq+1, j.prev, time.Now().UTC()
	if l.Entry != nil {
		l.Entry.Status = l.Entry.Status.cut()
	}
	raw, err := encode(l)
	if err != nil {
		return err
	}
	// What is checked and goes into memory is what a restart would read.
	again, err := decode(raw)
	if err != nil {
		return err
	}
	if err := j.fits(again); err != nil {
		return err
	}
	if err := j.write(raw); err != nil {
		j.failed++
		return err
	}
	j.appended++
	j.seq, j.prev, j.tip, j.size = l.Seq, hash(raw), j.size, j.size+int64(len(raw))
	return j.take(again, j.tip)
}
