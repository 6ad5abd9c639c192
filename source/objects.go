package source

import (
	"crypto/sha1" //nolint:gosec // the hash that Git itself uses
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// maxFile is the greatest size of a file that is read, in bytes. A larger one is listed, and reading it is an error.
const maxFile = 8 << 20

const (
	deltaCache = 16 * cache.MiByte // bases of deltas; more gains nothing on config repos
	treeCache  = 100_000           // entries of parsed trees, about 10 MB
)

// objects reads the objects of the mirror by hash. One handle and one mutex serve all readers: go-git's handles that keep
// their descriptors break under concurrent use, and those that don't are half as fast. It is safe for concurrent use.
// The handle changes when the mirror was fetched into or swapped; whoever holds an objects need not know.
type objects struct {
	mu      sync.Mutex
	handle  *filesystem.Storage // nil when closed
	trees   map[plumbing.Hash][]entry
	entries int   // in trees
	fault   error // the first object that could not be read through this handle

	shallow  map[plumbing.Hash]bool // commits whose parents a shallow clone has not; set once
	pastTurn sync.Mutex
	pasts    []past // of the heads that were asked for, the last one first
}

// openHandle opens a bare repository for reading. It reads nothing yet. A clone may borrow objects from another one on this disk.
func openHandle(dir string) *filesystem.Storage {
	options := filesystem.Options{KeepDescriptors: true, AlternatesFS: osfs.New("/")}
	return filesystem.NewStorageWithOptions(osfs.New(dir), cache.NewObjectLRU(deltaCache), options)
}

// reset swaps the handle and forgets the fault. Cached trees are forgotten too when trust is lost in what was read before.
func (o *objects) reset(dir string, forget bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.closeHandle()
	o.handle, o.fault = openHandle(dir), nil
	if forget || o.trees == nil {
		o.trees, o.entries = map[plumbing.Hash][]entry{}, 0
	}
	return err
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closeHandle()
}

func (o *objects) closeHandle() error {
	if o.handle == nil {
		return nil
	}
	err := o.handle.Close()
	o.handle = nil
	return err
}

// broken returns the first fault since the last reset. The next look at the head mends the mirror.
func (o *objects) broken() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fault
}

var errClosed = errors.New("the repository is closed")

// locked runs f with the handle and remembers its error as a fault. A panic of go-git's decoders on a damaged pack is one too.
func (o *objects) locked(f func(*filesystem.Storage) error) (err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.handle == nil {
		return errClosed
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged object store: %v", p)
		}
		if err != nil && o.fault == nil {
			o.fault = err
		}
	}()
	return f(o.handle)
}

// read returns the content of an object. It checks kind, size and hash, so that nothing damaged passes.
func (o *objects) read(kind plumbing.ObjectType, hash plumbing.Hash) ([]byte, error) {
	var data []byte
	err := o.locked(func(handle *filesystem.Storage) (err error) {
		if data, err = readWhole(handle, kind, hash); err != nil {
			return err
		}
		return checkHash(kind, hash, data)
	})
	return data, err
}

func readWhole(handle *filesystem.Storage, kind plumbing.ObjectType, hash plumbing.Hash) ([]byte, error) {
	object, err := handle.EncodedObject(kind, hash)
	if err != nil {
		return nil, err
	}
	reader, err := object.Reader()
	if err != nil {
		return nil, err
	}
	data := make([]byte, object.Size())
	if _, err := io.ReadFull(reader, data); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return data, reader.Close()
}

func checkHash(kind plumbing.ObjectType, hash plumbing.Hash, data []byte) error {
	h := sha1.New() //nolint:gosec // the hash that Git itself uses
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	if got := plumbing.Hash(h.Sum(nil)); got != hash {
		return fmt.Errorf("damaged object: the content has the hash %s", got)
	}
	return nil
}

// size returns the size of a blob without reading its content.
func (o *objects) size(hash plumbing.Hash) (size int64, err error) {
	err = o.locked(func(handle *filesystem.Storage) error {
		size, err = handle.EncodedObjectSize(hash)
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			return err
		}
		// Only whole objects are looked for where a clone borrows from.
		object, err := handle.EncodedObject(plumbing.BlobObject, hash)
		if err == nil {
			size = object.Size()
		}
		return err
	})
	return size, err
}

// holds reports whether the mirror has the object. That it has not is no fault of the mirror.
func (o *objects) holds(hash plumbing.Hash) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.handle != nil && o.handle.HasEncodedObject(hash) == nil
}

// has reports an error unless the object is there. It does not read it.
func (o *objects) has(hash plumbing.Hash) error {
	return o.locked(func(handle *filesystem.Storage) error { return handle.HasEncodedObject(hash) })
}

// blob returns the content of a file, unless it is larger than maxFile.
func (o *objects) blob(hash plumbing.Hash) ([]byte, error) {
	size, err := o.size(hash)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", hash, err)
	}
	if size > maxFile {
		return nil, fmt.Errorf("blob %s: the file has %d bytes, more than the %d that are read", hash, size, maxFile)
	}
	data, err := o.read(plumbing.BlobObject, hash)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", hash, err)
	}
	return data, nil
}
