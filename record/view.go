package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// View answers questions about a journal. What it keeps in memory is small: the newest entry of each group, one short entry
// for each verified digest and unposted status, 40 bytes for every other entry, 16 for each end, and about 100 for every commit. It is safe for use by several goroutines
// at once.
type View struct {
	store   Store
	markKey []byte // nil when there is none, or it may not be read

	mu sync.RWMutex // guards the rest
	known
}

// known is what the lines of a journal come to.
type known struct {
	shelves map[place]*shelf
	open    map[int64]Entry // begun, not finished
	found   map[int64]bool  // which of them were there when the file was read, and still are open
	outbox  map[address]Entry
	pending map[address]bool // where the newest status, posted or not, is not that of an end
	pauses  map[string]Pause // by environment
	told    map[string]int64 // up to which line, by listener

	authors words // of entries
	reasons words

	pauseLines []int64  // where the lines of pauses and resumes begin
	actLines   []int64  // where the lines of acts begin
	endings    []ending // in their order
	fates      fates
	seq        int64
	prev       string
	tip        int64 // where the last line begins
	size       int64 // of the whole lines
}

// place is what entries are kept by.
type place struct{ environment, group string }

// address is what a forge keeps a status by.
type address struct{ commit, context string }

// shelf is what is known of one gateway group of an environment.
type shelf struct {
	slots       []slot // in order of id
	last        Entry
	lastTurn    Entry // the newest that is not superseded; ID 0 when there is none
	lastApplied Entry // ID 0 when there is none
	proof       Entry // the newest that wanted a digest and read it back; ID 0 when there is none
	verified    map[string]Entry
	inventory   []gateway.Key     // as of the last finished entry that stated one
	sent        map[Mark]bool     // likewise
	secrets     map[string]string // likewise: the marks of references, by name; nil when no entry speaks of them
}

// slot says where in the file the newest line of an entry begins.
type slot struct {
	id, offset int64
	commit     uint64 // a hash of the commit, so that a search need not read every line
	traits
}

func newView(store Store) *View {
	return &View{store: store, known: known{
		prev: genesis, shelves: map[place]*shelf{}, open: map[int64]Entry{}, found: map[int64]bool{},
		outbox: map[address]Entry{}, pending: map[address]bool{}, pauses: map[string]Pause{}, told: map[string]int64{}, fates: newFates(),
	}}
}

// Read opens the journal at path for reading, without a lock: beside a running daemon, or on a copy. A last line that is not
// whole yet is left out. The View shows the journal as of this call; it must be closed. The error is fs.ErrNotExist when
// there is no journal, and a *BrokenError when the chain is broken.
func Read(path string) (*View, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	v := newView(&fileStore{path: path, file: file})
	v.markKey = readMarkKey(path)
	if _, err := v.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read journal %s: %w", path, err), file.Close())
	}
	return v, nil
}

// ReadStore opens the journal in store for reading, as Read does with a file. An error leaves the store open.
func ReadStore(store Store, markKey []byte) (*View, error) {
	v := newView(store)
	v.markKey = markKey
	if _, err := v.load(); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return v, nil
}

// Close lets go of the store.
func (v *View) Close() error {
	closer, ok := v.store.(io.Closer)
	if !ok {
		return nil
	}
	if err := closer.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// load reads what the store holds behind what is known, and reports whether it ends in a torn line. One goroutine at a time calls
// it.
func (v *View) load() (torn bool, err error) {
	s := newScanner(v.store, v.size, v.seq, v.prev)
	for {
		l, offset, err := s.next()
		if err == nil {
			err = v.takeRead(l, offset, s)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			v.remember()
			return errors.Is(err, errTorn), nil
		}
		if err != nil {
			return false, err
		}
	}
}

func (v *View) takeRead(l line, offset int64, s *scanner) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.take(l, offset); err != nil {
		return err
	}
	v.seq, v.prev, v.tip, v.size = s.seq, s.prev, offset, s.offset
	return nil
}

func (v *View) remember() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.open {
		v.found[id] = true
	}
}
