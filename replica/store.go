package replica

import (
	"context"
	"fmt"
	"io"
	"sync"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/sluice-gitops/sluice/record"
)

// mostBytes is how much of a line one key holds: less than a request to etcd may have (1.5 MiB).
const mostBytes = 1 << 20

// Store is a journal in etcd: each line under a key of its own, which is the place of its first byte; a line of more than a
// mebibyte under several. It is only read until it is told of a term. It is safe for use by several goroutines at once.
type Store struct {
	etcd *Etcd

	mu    sync.Mutex
	term  *Term  // nil: it is only read
	last  piece  // the one behind which the next is put; the zero value: not known
	ahead []byte // what was read and not asked for yet
	from  int64  // where it begins
}

var _ record.Store = (*Store)(nil)

// Store returns the journal in etcd for reading.
func (e *Etcd) Store() *Store { return &Store{etcd: e} }

// WriteIn lets the store be written to in a term: each write is one of it, or none, since etcd itself compares. With nil the store is
// only read again.
func (s *Store) WriteIn(term *Term) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.term, s.last = term, piece{}
}

// lines is what the keys of all lines begin with.
func (s *Store) lines() string { return s.etcd.config.Prefix + "/journal/" }

// key sorts as its place does.
func (s *Store) key(place int64) string { return fmt.Sprintf("%s%020d", s.lines(), place) }

// beyond is behind every key of a line.
func (s *Store) beyond() string { return clientv3.GetPrefixRangeEnd(s.lines()) }

func (s *Store) place(kv *mvccpb.KeyValue) (int64, error) {
	var place int64
	if _, err := fmt.Sscanf(string(kv.Key[len(s.lines()):]), "%020d", &place); err != nil {
		return 0, fmt.Errorf("key %q in etcd is none of a journal", kv.Key)
	}
	return place, nil
}

// ReadAt reads as io.ReaderAt says.
func (s *Store) ReadAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// What was read ahead is used only by who reads on from there: what is read again is to be what etcd holds now.
	if off != s.from {
		s.ahead = nil
	}
	n := 0
	for n < len(p) {
		if len(s.ahead) == 0 {
			if err := s.readAhead(off+int64(n), len(p)); err != nil {
				return n, err
			}
		}
		copied := copy(p[n:], s.ahead)
		n, s.ahead, s.from = n+copied, s.ahead[copied:], off+int64(n+copied)
	}
	return n, nil
}

// keysFor is how many keys are asked for at a time: a line has about a kilobyte.
func keysFor(bytes int) int64 { return int64(max(2, bytes/1024)) }

// readAhead fills s.ahead from place on, or returns io.EOF where the journal ends.
func (s *Store) readAhead(place int64, want int) error {
	ctx, cancel := s.etcd.within(context.Background())
	defer cancel()
	begin, found, err := s.keysFrom(ctx, place, want)
	if err != nil {
		return err
	}
	for _, kv := range found {
		at, err := s.place(kv)
		if err == nil && at != begin+int64(len(s.ahead)) {
			err = fmt.Errorf("the journal in etcd has a gap at %d: a key is missing", begin+int64(len(s.ahead)))
		}
		if err != nil {
			s.ahead = nil
			return err
		}
		s.ahead = append(s.ahead, kv.Value...)
	}
	if place >= begin+int64(len(s.ahead)) {
		s.ahead = nil
		return io.EOF
	}
	s.ahead = s.ahead[place-begin:]
	return nil
}

// keysFrom returns the keys from the one on that holds place, and where that begins.
func (s *Store) keysFrom(ctx context.Context, place int64, want int) (int64, []*mvccpb.KeyValue, error) {
	found, err := s.get(ctx, place, want)
	if err != nil || len(found) > 0 && string(found[0].Key) == s.key(place) {
		return place, found, err
	}
	// It is in the middle of a key, or behind the last.
	before, err := s.before(ctx, place)
	if err != nil || before.end <= place {
		return place, found, err
	}
	found, err = s.get(ctx, before.begin, want)
	return before.begin, found, err
}

func (s *Store) get(ctx context.Context, place int64, want int) ([]*mvccpb.KeyValue, error) {
	answer, err := s.etcd.client.Get(ctx, s.key(place), clientv3.WithRange(s.beyond()), clientv3.WithLimit(keysFor(want)))
	if err != nil {
		return nil, fmt.Errorf("read the journal in etcd: %w", err)
	}
	return answer.Kvs, nil
}
