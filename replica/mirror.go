package replica

import (
	"context"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// mirror is what stands in etcd below a prefix, as of a moment ago: a hint where to look, never a proof. It is safe for use by several
// goroutines at once.
type mirror struct {
	etcd   *Etcd
	prefix string

	mu      sync.Mutex
	items   map[string]item          // by key without the prefix
	seen    int64                    // the revision up to which it is true; 0: nothing was read yet
	changed chan struct{}            // closed at the next change
	waiting map[string]chan struct{} // the same for what concerns one group
	moves   int64                    // grows when a member or a holder changes
	tasked  map[string]bool          // groups whose task has changed since it was asked for
}

// item is one key.
type item struct {
	value             string
	created, modified int64 // revisions
	lease             clientv3.LeaseID
}

func newMirror(etcd *Etcd, prefix string) *mirror {
	return &mirror{etcd: etcd, prefix: prefix, items: map[string]item{}, changed: make(chan struct{}), waiting: map[string]chan struct{}{}, tasked: map[string]bool{}}
}

// run follows etcd until ctx ends.
func (m *mirror) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.list(ctx); err != nil {
			pause(ctx, again)
			continue
		}
		m.follow(ctx)
	}
}

func (m *mirror) list(ctx context.Context) error {
	ctx, cancel := m.etcd.within(ctx)
	defer cancel()
	answer, err := m.etcd.client.Get(ctx, m.prefix, clientv3.WithPrefix())
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items, m.seen = map[string]item{}, answer.Header.Revision
	for _, kv := range answer.Kvs {
		key := strings.TrimPrefix(string(kv.Key), m.prefix)
		m.items[key] = item{string(kv.Value), kv.CreateRevision, kv.ModRevision, clientv3.LeaseID(kv.Lease)}
		m.noteLocked(key)
	}
	m.moves++ // what is not there any more was not noted
	for group := range m.waiting {
		m.tellLocked(group)
	}
	m.tellAllLocked()
	return nil
}

// follow takes what changes until the watch ends, or is found to have missed something: it is held against etcd once in the time of a
// lease.
func (m *mirror) follow(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ticker := time.NewTicker(m.etcd.config.Lease)
	defer ticker.Stop()
	events := m.etcd.client.Watch(clientv3.WithRequireLeader(ctx), m.prefix, clientv3.WithPrefix(), clientv3.WithRev(m.revision()+1))
	for {
		select {
		case answer, open := <-events:
			if !open || answer.Err() != nil {
				return
			}
			m.take(answer)
		case <-ticker.C:
			if !m.isTrue(ctx) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (m *mirror) take(answer clientv3.WatchResponse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = max(m.seen, answer.Header.Revision)
	for _, event := range answer.Events {
		key := strings.TrimPrefix(string(event.Kv.Key), m.prefix)
		m.noteLocked(key)
		if event.Type == clientv3.EventTypeDelete {
			delete(m.items, key)
			continue
		}
		m.items[key] = item{string(event.Kv.Value), event.Kv.CreateRevision, event.Kv.ModRevision, clientv3.LeaseID(event.Kv.Lease)}
	}
	m.tellAllLocked()
}

// noteLocked notes whom the change of a key concerns.
func (m *mirror) noteLocked(key string) {
	switch kind, name, _ := strings.Cut(key, "/"); kind {
	case "members":
		m.moves++
	case "groups":
		m.moves++
		m.tellLocked(name)
	case "tasks":
		m.tasked[name] = true
		m.tellLocked(name)
	default:
		m.tellLocked(name)
	}
}

// isTrue reports whether etcd holds what is known, or can't be asked. A change that is on its way to here counts as one that was missed: it
// costs a list.
func (m *mirror) isTrue(ctx context.Context) bool {
	ctx, cancel := m.etcd.within(ctx)
	defer cancel()
	answer, err := m.etcd.client.Get(ctx, m.prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, kv := range answer.Kvs {
		if known, ok := m.items[strings.TrimPrefix(string(kv.Key), m.prefix)]; !ok || known.modified != kv.ModRevision {
			return false
		}
	}
	return len(answer.Kvs) == len(m.items)
}

func (m *mirror) tellAllLocked() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *mirror) tellLocked(group string) {
	if waiting, ok := m.waiting[group]; ok {
		close(waiting)
		delete(m.waiting, group)
	}
}

// nextOf is closed when something that concerns a group changes after this call.
func (m *mirror) nextOf(group string) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting, ok := m.waiting[group]
	if !ok {
		waiting = make(chan struct{})
		m.waiting[group] = waiting
	}
	return waiting
}

// news returns how often members and holders have changed, and the groups whose tasks have changed since the last call.
func (m *mirror) news() (moves int64, tasked map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tasked, m.tasked = m.tasked, map[string]bool{}
	return m.moves, tasked
}

// next is closed when something changes after this call.
func (m *mirror) next() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *mirror) revision() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen
}

func (m *mirror) get(key string) (item, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.items[key]
	return found, ok
}

func (m *mirror) has(key string) bool {
	_, there := m.get(key)
	return there
}

// below returns the items whose keys begin with a prefix, by the rest of the key.
func (m *mirror) below(prefix string) map[string]item {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]item{}
	for key, one := range m.items {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			found[rest] = one
		}
	}
	return found
}
