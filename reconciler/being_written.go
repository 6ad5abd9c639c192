package reconciler

import "sync"

// beingWritten are the groups that are being written. It is safe for all groups at once; the zero value has none.
type beingWritten struct {
	mu     sync.Mutex
	groups map[string]bool
}

func (s *beingWritten) set(group string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups == nil {
		s.groups = map[string]bool{}
	}
	s.groups[group] = is
}

// now reports whether a group is being written.
func (s *beingWritten) now(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups[group]
}

// beginWriting notes that a group is being written, until what it returns is called. What another memory has seen there is no longer so.
func (r *Reconciler) beginWriting(w *work, group string) (ended func()) {
	r.written.set(group, true)
	for _, m := range r.allMemos() {
		if m != w.memo {
			m.saw(group, sight{})
		}
	}
	return func() { r.written.set(group, false) }
}
