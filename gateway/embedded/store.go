package embedded

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// object is one stored resource. It is never changed: a write stores a new one.
type object struct {
	key      gateway.Key
	value    map[string]any // in clear, as GET answers it but for what GET hides
	created  int64          // the store's revision at the creation
	modified int64          // and at the last write
	uses     []use
	parts    any // what the data plane made of it, shared by all workers
}

// event tells a worker of one write; object is nil for a delete.
type event struct {
	key    gateway.Key
	object *object
}

// store keeps all objects, an index of who refers to whom, and tells its listener of each write in order. It stands where
// etcd stands beside the real gateway. Every method is safe for concurrent use.
type store struct {
	mu       sync.RWMutex
	revision int64
	kinds    map[gateway.Kind]map[string]*object
	users    map[gateway.Key]map[gateway.Key]bool // target → those that refer to it
	changed  func(event)                          // called with mu held
}

func newStore(changed func(event)) *store {
	s := &store{
		kinds: map[gateway.Kind]map[string]*object{}, users: map[gateway.Key]map[gateway.Key]bool{}, changed: changed,
	}
	for _, kind := range gateway.Kinds() {
		s.kinds[kind] = map[string]*object{}
	}
	return s
}

func (s *store) get(key gateway.Key) *object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kinds[key.Kind][key.ID]
}

// list returns the objects of a kind whose id begins with prefix, by id.
func (s *store) list(kind gateway.Kind, prefix string) []*object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*object, 0, len(s.kinds[kind]))
	for id, o := range s.kinds[kind] {
		if strings.HasPrefix(id, prefix) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *object) int { return strings.Compare(a.key.ID, b.key.ID) })
	return list
}

// put stores o under its key, sets its indexes, and reports whether it is new.
func (s *store) put(o *object) (created bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	before := s.kinds[o.key.Kind][o.key.ID]
	o.created, o.modified = s.revision, s.revision
	if before != nil {
		o.created = before.created
	}
	s.place(before, o)
	s.changed(event{o.key, o})
	return before == nil
}

// swap is put for a PATCH: it stores o only when before still stands there.
func (s *store) swap(before, o *object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kinds[o.key.Kind][o.key.ID] != before {
		return false
	}
	s.revision++
	o.created, o.modified = before.created, s.revision
	s.place(before, o)
	s.changed(event{o.key, o})
	return true
}

// delete removes the object and, with a consumer, its credentials. It reports whether there was one.
func (s *store) delete(key gateway.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kinds[key.Kind][key.ID] == nil {
		return false
	}
	if key.Kind == gateway.Consumers {
		for id := range s.kinds[gateway.Credentials] {
			if strings.HasPrefix(id, key.ID+"/") {
				s.remove(gateway.Key{Kind: gateway.Credentials, ID: id})
			}
		}
	}
	s.remove(key)
	return true
}

func (s *store) remove(key gateway.Key) {
	s.revision++
	before := s.kinds[key.Kind][key.ID]
	delete(s.kinds[key.Kind], key.ID)
	s.unlink(before)
	s.changed(event{key: key})
}

func (s *store) place(before, o *object) {
	if before != nil {
		s.unlink(before)
	}
	s.kinds[o.key.Kind][o.key.ID] = o
	for _, use := range o.uses {
		if s.users[use.target] == nil {
			s.users[use.target] = map[gateway.Key]bool{}
		}
		s.users[use.target][o.key] = true
	}
}

func (s *store) unlink(o *object) {
	for _, use := range o.uses {
		delete(s.users[use.target], o.key)
		if len(s.users[use.target]) == 0 {
			delete(s.users, use.target)
		}
	}
}

// user returns how the first object that refers to key is named in the refusal of its delete; "" when none does.
func (s *store) user(key gateway.Key) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	best, rank := "", 0
	for user := range s.users[key] {
		for _, use := range s.kinds[user.Kind][user.ID].uses {
			if use.target != key {
				continue
			}
			text := fmt.Sprintf("%s [%s]", use.as, user.ID)
			if best == "" || use.rank < rank || use.rank == rank && text < best {
				best, rank = text, use.rank
			}
		}
	}
	return best
}

// newID returns an id for a POST: a revision of its own, padded to twenty digits.
func (s *store) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	return fmt.Sprintf("%020d", s.revision)
}
