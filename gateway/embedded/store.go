package embedded

import (
	"fmt"
	"maps"
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
	listing  sync.Once
	listed   []byte // as a list shows it, once that was asked for
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
	owned    map[string]map[string]bool           // consumer → the ids of its credentials
	changed  func(event)                          // called with mu held
}

func newStore(changed func(event)) *store {
	s := &store{
		kinds: map[gateway.Kind]map[string]*object{}, users: map[gateway.Key]map[gateway.Key]bool{},
		owned: map[string]map[string]bool{}, changed: changed,
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

// locked calls f while nobody else reads or writes.
func (s *store) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// everything lists all objects, by kind and id. The caller holds the lock.
func (s *store) everything() []*object {
	var all []*object
	for _, kind := range gateway.Kinds() {
		for _, id := range slices.Sorted(maps.Keys(s.kinds[kind])) {
			all = append(all, s.kinds[kind][id])
		}
	}
	return all
}

// forget empties the store and tells nobody. The caller holds the lock.
func (s *store) forget() {
	for _, kind := range gateway.Kinds() {
		clear(s.kinds[kind])
	}
	clear(s.users)
	clear(s.owned)
}

// replace makes objects all that there is of a kind. Those that stand there already, the same, are left alone.
func (s *store) replace(kind gateway.Kind, objects []*object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stays := make(map[string]bool, len(objects))
	for _, o := range objects {
		stays[o.key.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(s.kinds[kind])) {
		if !stays[id] {
			s.remove(gateway.Key{Kind: kind, ID: id})
		}
	}
	for _, o := range objects {
		if before := s.kinds[kind][o.key.ID]; before != o {
			s.place(before, o)
			s.changed(event{o.key, o})
		}
	}
}

// list returns the objects of a kind, by id.
func (s *store) list(kind gateway.Kind) []*object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return byID(slices.Collect(maps.Values(s.kinds[kind])))
}

// credentials returns those of a consumer, by id.
func (s *store) credentials(username string) []*object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []*object
	for id := range s.owned[username] {
		list = append(list, s.kinds[gateway.Credentials][id])
	}
	return byID(list)
}

func byID(list []*object) []*object {
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
		for _, id := range slices.Sorted(maps.Keys(s.owned[key.ID])) {
			s.remove(gateway.Key{Kind: gateway.Credentials, ID: id})
		}
	}
	s.remove(key)
	return true
}

// expire removes o, when it is still what its key names.
func (s *store) expire(o *object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kinds[o.key.Kind][o.key.ID] == o {
		s.remove(o.key)
	}
}

func (s *store) remove(key gateway.Key) {
	s.revision++
	before := s.kinds[key.Kind][key.ID]
	delete(s.kinds[key.Kind], key.ID)
	s.unlink(before)
	if owner, ok := ownerOf(key); ok {
		if delete(s.owned[owner], key.ID); len(s.owned[owner]) == 0 {
			delete(s.owned, owner)
		}
	}
	s.changed(event{key: key})
}

func (s *store) place(before, o *object) {
	if before != nil {
		s.unlink(before)
	}
	s.kinds[o.key.Kind][o.key.ID] = o
	if owner, ok := ownerOf(o.key); ok {
		if s.owned[owner] == nil {
			s.owned[owner] = map[string]bool{}
		}
		s.owned[owner][o.key.ID] = true
	}
	for _, use := range o.uses {
		if s.users[use.target] == nil {
			s.users[use.target] = map[gateway.Key]bool{}
		}
		s.users[use.target][o.key] = true
	}
}

// ownerOf returns the consumer of a credential; false for every other kind.
func ownerOf(key gateway.Key) (string, bool) {
	if key.Kind != gateway.Credentials {
		return "", false
	}
	username, _, ok := strings.Cut(key.ID, "/")
	return username, ok
}

func (s *store) unlink(o *object) {
	for _, use := range o.uses {
		delete(s.users[use.target], o.key)
		if len(s.users[use.target]) == 0 {
			delete(s.users, use.target)
		}
	}
}

// usersOf lists what refers to key.
func (s *store) usersOf(key gateway.Key) []*object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var users []*object
	for user := range s.users[key] {
		users = append(users, s.kinds[user.Kind][user.ID])
	}
	return users
}

// newID returns an id for a POST: a revision of its own, padded to twenty digits.
func (s *store) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	return fmt.Sprintf("%020d", s.revision)
}
