package reconciler

import (
	"fmt"
	"sync"

	"github.com/sluice-gitops/sluice/record"
)

// endings are the ends of groups' entries that the journal did not take, as with a full disk. The zero value holds none; it is safe for
// use by several goroutines at once.
type endings struct {
	mu   sync.Mutex
	kept map[int64]record.Entry // by the ID of the entry
}

func (all *endings) keep(entry record.Entry) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.kept == nil {
		all.kept = map[int64]record.Entry{}
	}
	all.kept[entry.ID] = entry
}

func (all *endings) of(id int64) (record.Entry, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	entry, ok := all.kept[id]
	return entry, ok
}

func (all *endings) forget(id int64) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.kept, id)
}

// beginGroup begins the entry of a group, once no other one of it is open.
func (r *Reconciler) beginGroup(w *work, p *groupPlan) (record.Entry, error) {
	err := r.finishOpen(func(e record.Entry) bool { return e.Environment == w.env.Name && e.Group == p.group.Name })
	if err != nil {
		return record.Entry{}, err
	}
	return r.config.Journal.Begin(r.begun(w, p))
}

// finishOrKeep finishes the entry of a group. An end that the journal does not take is kept for later.
func (r *Reconciler) finishOrKeep(entry record.Entry) error {
	if err := r.config.Journal.Finish(entry); err != nil {
		r.endings.keep(entry)
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// finishOpen gives the open entries of groups that are meant their end. It is called where none of them is under way.
func (r *Reconciler) finishOpen(meant func(record.Entry) bool) error {
	for _, entry := range r.past.Open() {
		if entry.Group == "" || !meant(entry) {
			continue
		}
		end, known := r.endings.of(entry.ID)
		if !known {
			end = interrupted(entry)
		}
		if err := r.config.Journal.Finish(end); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		r.endings.forget(entry.ID)
	}
	return nil
}
