//go:build unix

package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// whole fails the test unless the file at path is a journal of so many lines.
func whole(t *testing.T, path string, lines int64) {
	t.Helper()
	report, err := Verify(path)
	must(t, err)
	check(t, "lines, torn, broken", [3]int64{lines, 0, 0}, [3]int64{report.Lines, report.Torn, report.Broken})
}

func refused(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(fmt.Sprint(err), text) {
			t.Fatalf("got %v, want an error with %q", err, text)
		}
	}
}

// TestRemovedFile: the journal is written where it was, with all its lines, before the next one.
func TestRemovedFile(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	path := filepath.Join(t.TempDir(), "journal.db")
	j, err := Open(path, zap.New(core))
	must(t, err)
	defer j.Close()
	applied(t, j, "c1", "d", "d")
	must(t, os.Remove(path))
	must(t, j.Note(entry("c2", Held)))
	whole(t, path, 3)
	check(t, "log", 1, logs.FilterMessage("journal: the file was removed, and is written again").Len())
	check(t, "entries", 2, len(all(t, j.View)))
}

// TestRemovedDirectory: nothing is recorded while there is no place for it, and all of it is there when there is one again.
func TestRemovedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	j := open(t, filepath.Join(dir, "journal.db"))
	applied(t, j, "c1", "d", "d")
	must(t, os.RemoveAll(dir))
	refused(t, j.Note(entry("c2", Held)), "no such file or directory", "hint: make the directory of the journal again")
	must(t, os.Mkdir(dir, 0o700))
	must(t, j.Note(entry("c3", Held)))
	whole(t, j.path, 3)
	check(t, "the key of the marks", string(j.markKey), string(readMarkKey(j.path)))
	isLocked(t, j.path)
}

func isLocked(t *testing.T, path string) {
	t.Helper()
	j, err := Open(path, nil)
	if err == nil {
		j.Close()
	}
	if _, locked := errors.AsType[*LockedError](err); !locked {
		t.Fatalf("opened twice: %v", err)
	}
}

// TestRemovedLock: whatever of the journal's files is removed, no second process writes to the journal that the first one has.
func TestRemovedLock(t *testing.T) {
	for name, remove := range map[string][]string{
		"the lock": {".lock"}, "the journal": {""}, "the lock and the key": {".lock", ".key"}, "all": {"", ".lock", ".key"},
	} {
		t.Run(name, func(t *testing.T) {
			j := fresh(t)
			applied(t, j, "c1", "d", "d")
			for _, ending := range remove {
				must(t, os.Remove(j.path+ending))
			}
			must(t, j.Note(entry("c2", Held)))
			isLocked(t, j.path)
			must(t, j.Note(entry("c3", Held)))
			whole(t, j.path, 4)
			must(t, j.Close())
			must(t, open(t, j.path).Note(entry("c4", Held)))
			whole(t, j.path, 5)
		})
	}
}

// TestRemovedLockBeforeTheNextLine: a second process that comes before the first one has noticed finds the journal itself locked.
func TestRemovedLockBeforeTheNextLine(t *testing.T) {
	j := fresh(t)
	applied(t, j, "c1", "d", "d")
	must(t, os.Remove(lockFile(j.path)))
	isLocked(t, j.path)
	must(t, j.Note(entry("c2", Held)))
	whole(t, j.path, 3)
}

// TestTakenOver: a process whose files were all removed, and which another has taken the place of, writes nothing more, until the
// other one and its journal are gone.
func TestTakenOver(t *testing.T) {
	j := fresh(t)
	applied(t, j, "c1", "d", "d")
	for _, ending := range []string{"", ".lock", ".key"} {
		must(t, os.Remove(j.path+ending))
	}
	second := open(t, j.path)
	must(t, second.Note(entry("s1", Held)))
	for range 2 {
		refused(t, j.Note(entry("c2", Held)), fmt.Sprintf("process %d holds it now", os.Getpid()), "hint: two daemons run on one journal")
		must(t, second.Note(entry("s2", Held)))
	}
	whole(t, j.path, 3)
	must(t, second.Close())
	refused(t, j.Note(entry("c3", Held)), "another file stands at")
	whole(t, j.path, 3)
	must(t, os.Remove(j.path))
	must(t, j.Note(entry("c4", Held)))
	whole(t, j.path, 3)
}

// TestReplacedFile: another file is neither written to nor removed, and when it is gone the journal comes back.
func TestReplacedFile(t *testing.T) {
	j := fresh(t)
	applied(t, j, "c1", "d", "d")
	other := sample(t)
	must(t, os.Rename(written(t, other), j.path))
	refused(t, j.Note(entry("c2", Held)), "another file stands at "+j.path, "hint: move it away")
	raw, err := os.ReadFile(j.path)
	must(t, err)
	check(t, "the other file is as it was", true, bytes.Equal(other, raw))

	must(t, os.Remove(j.path))
	must(t, j.Note(entry("c3", Held)))
	whole(t, j.path, 3)
}

// TestShortenedFile: a journal that lost lines takes no more, and is not filled up with nothing.
func TestShortenedFile(t *testing.T) {
	j := fresh(t)
	applied(t, j, "c1", "d", "d")
	must(t, os.Truncate(j.path, 100))
	for range 2 {
		refused(t, j.Note(entry("c2", Held)), "holds 100 bytes", "something else has shortened it", "hint: stop the daemon")
	}
	raw, err := os.ReadFile(j.path)
	must(t, err)
	check(t, "bytes", 100, len(raw))
}

// TestUnwritableAtStart: what stands in the way is named before anything is done.
func TestUnwritableAtStart(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("SKIPPED: root may write everywhere")
	}
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	_, err := Open(filepath.Join(dir, "journal.db"), nil)
	refused(t, err, "permission denied", "must be writable for the user that the daemon runs as")
}

func TestAdvice(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{syscall.ENOSPC, "make room on that disk"},
		{syscall.EDQUOT, "make room on that disk"},
		{syscall.EFBIG, "make room on that disk"},
		{syscall.EROFS, "make that file system writable"},
		{syscall.EACCES, "the journal and its directory must be writable"},
		{syscall.ENOENT, "make the directory of the journal again"},
	}
	for _, test := range tests {
		t.Run(test.err.Error(), func(t *testing.T) {
			err := advise(&fs.PathError{Op: "write", Path: "/j/journal.db", Err: test.err})
			refused(t, err, "/j/journal.db", test.err.Error(), "hint: "+test.want)
			check(t, "is the cause", true, errors.Is(err, test.err))
		})
	}
	other := errors.New("input/output error")
	check(t, "another error is left alone", true, advise(other) == other)
	check(t, "nil is left alone", nil, advise(nil))
}
