package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// NotesRef is where the notes of Sluice stand: `git log --notes=sluice` shows them.
const NotesRef = "refs/notes/sluice"

const (
	// notesDir holds what was fetched and pushed of the notes, apart from the mirror: it may be thrown away at any time.
	notesDir = "notes.git"
	// mostNotesBytes bounds what is fetched of the notes.
	mostNotesBytes = 512 << 20
	// notesTries is how often somebody else may be faster before Annotate gives up.
	notesTries = 20
	// notesPause is how long a writer that was too slow waits at most before it tries again, so that two do not keep pace.
	notesPause = 200 * time.Millisecond
)

// notes keeps what is known of the notes of the remote. The zero value knows nothing.
type notes struct {
	mu      sync.Mutex // one writes at a time
	store   *mirror    // nil: nothing is known
	objects objects
	tip     plumbing.Hash // the newest that store holds; zero: none
}

// errNotesMoved says that somebody else has written notes in between.
var errNotesMoved = errors.New("somebody else keeps writing notes")

// Annotate adds lines to the notes of commits, given by their whole hashes, and pushes them to NotesRef. A line that stands in the note
// already is not added again. All other notes, and all other lines, stay: what somebody else has pushed meanwhile is fetched, and the lines
// are added to that. The commits need not be there any more. The mirror is not touched, and nothing else waits for this.
func (r *Repository) Annotate(ctx context.Context, lines map[string][]string, n Notice) error {
	r.notes.mu.Lock()
	defer r.notes.mu.Unlock()
	for range notesTries {
		done, err := r.annotate(ctx, lines, n)
		if done || err != nil {
			return err
		}
		select {
		case <-time.After(rand.N(notesPause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return &Error{What: fmt.Sprintf("push %s to %s", NotesRef, r.remote.at), Err: errNotesMoved}
}

// annotate tries once, from where the notes of the remote are now. It is not done when they were elsewhere.
func (r *Repository) annotate(ctx context.Context, lines map[string][]string, n Notice) (done bool, err error) {
	s, err := r.remote.dialFor(ctx, receivePack)
	if err != nil {
		return false, mayPushNotes(err)
	}
	defer s.close()
	old := s.refs.References[NotesRef]
	if err := r.notes.begin(r.dir); err != nil {
		return false, fmt.Errorf("keep notes: %w", err)
	}
	if !old.IsZero() && !r.notes.objects.holds(old) {
		return false, r.fetchNotes(ctx)
	}
	made, next, err := r.notes.write(old, lines, n)
	if err != nil {
		return false, errors.Join(fmt.Errorf("write notes: %w", err), r.notes.forget())
	}
	if next == old {
		return true, nil
	}
	pack, err := made.pack()
	if err != nil {
		return false, fmt.Errorf("write notes: %w", err)
	}
	fault := s.push(&packp.Command{Name: NotesRef, Old: old, New: next}, pack)
	if fault == nil {
		return true, r.notes.keep(made, next)
	}
	if moved, err := r.notesMoved(ctx, old); err != nil || moved {
		return false, errors.Join(err, ctx.Err())
	}
	return false, errors.Join(mayPushNotes(s.explain(fmt.Sprintf("push %s to %s", NotesRef, r.remote.at), fault)), r.notes.forget())
}

// mayPushNotes says what right is missing.
func mayPushNotes(err error) error {
	if denied, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrDenied) {
		return &Error{What: denied.What, Hint: "give the login of repository.auth the right to push " + NotesRef + ", or leave out repository.notes", Err: denied.Err}
	}
	return err
}

// notesMoved reports whether the notes of the remote are elsewhere than where a push expected them.
func (r *Repository) notesMoved(ctx context.Context, old plumbing.Hash) (bool, error) {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return false, err
	}
	defer s.close()
	return s.refs.References[NotesRef] != old, nil
}

// fetchNotes brings the notes of the remote here.
func (r *Repository) fetchNotes(ctx context.Context) error {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	tip := s.refs.References[NotesRef]
	if tip.IsZero() { // gone since
		return nil
	}
	var have []plumbing.Hash
	if !r.notes.tip.IsZero() {
		have = []plumbing.Hash{r.notes.tip}
	}
	err = s.pack(tip, have, func(pack io.Reader) error { return r.notes.store.store(&bounded{pack, mostNotesBytes}) })
	if err != nil {
		return errors.Join(err, r.notes.forget())
	}
	r.notes.tip = tip
	return r.notes.objects.reset(r.notes.store.dir, false)
}

// begin makes an empty store unless there is one. What an earlier process has left is thrown away.
func (n *notes) begin(dir string) error {
	if n.store != nil {
		return nil
	}
	store := &mirror{dir: filepath.Join(dir, notesDir)}
	if err := os.RemoveAll(store.dir); err != nil {
		return err
	}
	if err := os.Mkdir(store.dir, 0o700); err != nil {
		return err
	}
	handle := openHandle(store.dir)
	if err := errors.Join(handle.Init(), handle.Close()); err != nil {
		return err
	}
	n.store, n.tip = store, plumbing.ZeroHash
	return n.objects.reset(store.dir, true)
}

// forget has the next call begin with nothing: what is here may not be what the remote has.
func (n *notes) forget() error {
	n.store, n.tip = nil, plumbing.ZeroHash
	return n.objects.close()
}

// end closes the store, after a call that is under way.
func (n *notes) end() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.forget()
}

// keep stores what was pushed. When that fails it is fetched the next time.
func (n *notes) keep(made *overlay, tip plumbing.Hash) error {
	pack, err := made.pack()
	if err == nil {
		err = n.store.store(pack)
	}
	if err != nil {
		return n.forget()
	}
	n.tip = tip
	return n.objects.reset(n.store.dir, false)
}

// write makes the commit that adds lines to the notes as they are at old; old itself when there is nothing to add.
func (n *notes) write(old plumbing.Hash, lines map[string][]string, notice Notice) (*overlay, plumbing.Hash, error) {
	made := newOverlay(&n.objects)
	var before plumbing.Hash
	var parents []plumbing.Hash
	if !old.IsZero() {
		at, err := n.objects.commit(old)
		if err != nil {
			return nil, old, err
		}
		before, parents = at.tree, []plumbing.Hash{old}
	}
	root, err := made.annotateAll(before, lines)
	if err != nil || root == before {
		return made, old, err
	}
	when := notice.When.Truncate(time.Second)
	by := object.Signature{Name: notice.Name, Email: notice.Email, When: when}
	data, err := encodeCommit(&object.Commit{Author: by, Committer: by, Message: notice.Message, TreeHash: root, ParentHashes: parents})
	return made, made.put(plumbing.CommitObject, data), err
}
