//go:build unix

package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// sample writes a journal of five lines and returns its bytes.
func sample(t *testing.T) []byte {
	t.Helper()
	j := fresh(t)
	e := entry("c0", Held)
	e.Status = Status{Context: "sluice/prod", State: StatusFailure, Text: "held"}
	must(t, j.Note(e))
	must(t, j.Posted(j.Outbox()[0]))
	applied(t, j, "c1", "d1", "d1")
	_, err := j.Begin(entry("c2", Applying))
	must(t, err)
	must(t, j.Close())
	raw, err := os.ReadFile(j.path)
	must(t, err)
	return raw
}

func written(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	must(t, os.WriteFile(path, raw, 0o600))
	return path
}

// TestTornAtEveryByte cuts the last line at every byte: the journal opens, has lost that line and no other, keeps what was
// cut, and goes on.
func TestTornAtEveryByte(t *testing.T) {
	raw := sample(t)
	last := bytes.LastIndexByte(raw[:len(raw)-1], '\n') + 1
	for cut := last; cut < len(raw); cut++ {
		path := written(t, raw[:cut])
		view, err := Read(path)
		must(t, err)
		check(t, "entries for a reader", 2, len(all(t, view)))
		must(t, view.Close())
		report, err := Verify(path)
		must(t, err)
		check(t, "report", [3]int64{4, int64(cut - last), 0}, [3]int64{report.Lines, report.Torn, report.Broken})

		j := open(t, path)
		check(t, "interrupted", 0, len(j.Interrupted()))
		applied(t, j, "c9", "d", "d")
		must(t, j.Close())
		saved, err := os.ReadFile(path + ".torn-5")
		if cut > last && (err != nil || !bytes.Equal(saved, raw[last:cut])) {
			t.Fatalf("cut at %d: saved %q, %v", cut, saved, err)
		}
		report, err = Verify(path)
		must(t, err)
		check(t, "report", [3]int64{6, 0, 0}, [3]int64{report.Lines, report.Torn, report.Broken})
	}
}

// TestZeroedTail: a line whose middle never reached the disk is torn, too.
func TestZeroedTail(t *testing.T) {
	raw := sample(t)
	clear(raw[len(raw)-100 : len(raw)-50])
	j := open(t, written(t, raw))
	check(t, "entries", 2, len(all(t, j.View)))
}

// TestEveryFlippedByte changes each byte of the file in turn: it is found, with its line.
func TestEveryFlippedByte(t *testing.T) {
	raw, number := sample(t), int64(1)
	path := written(t, raw)
	for at := range raw {
		for _, flip := range []byte{0x01, 0x80} {
			changed := bytes.Clone(raw)
			changed[at] ^= flip
			must(t, os.WriteFile(path, changed, 0o600))
			report, err := Verify(path)
			must(t, err)
			torn := at == len(raw)-1 && report.Torn > 0
			if report.Broken != number && !torn {
				t.Fatalf("byte %d of line %d: %+v", at, number, report)
			}
			if _, err := Open(path, nil); !torn && !strings.Contains(fmt.Sprint(err), fmt.Sprintf("line %d: ", number)) {
				t.Fatalf("byte %d of line %d: opened, or with another error: %v", at, number, err)
			}
		}
		if raw[at] == '\n' {
			number++
		}
	}
}

func TestRearrangedLines(t *testing.T) {
	lines := bytes.SplitAfter(sample(t), []byte("\n"))
	other := bytes.SplitAfter(sample(t), []byte("\n")) // the same entries at another time
	join := func(lines ...[]byte) []byte { return bytes.Join(lines, nil) }
	tests := []struct {
		name string
		raw  []byte
		line int64
		why  string
	}{
		{"one removed", join(lines[0], lines[2]), 2, "it says that it is line 3: lines were added or removed"},
		{"one twice", join(lines[0], lines[0]), 2, "it says that it is line 1: lines were added or removed"},
		{"one of another journal", join(lines[0], other[1], lines[2]), 2, "it is not chained to the line before: one of the two was replaced"},
		{"a first line missing", join(lines[1]), 1, "it says that it is line 2: lines were added or removed"},
		{"not a journal", []byte("hello\n"), 1, "too short for a line of a journal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Verify(written(t, test.raw))
			must(t, err)
			check(t, "line", test.line, report.Broken)
			check(t, "why", test.why, report.Why)
			check(t, "lines before", test.line-1, report.Lines)
		})
	}
}

func TestNewerVersion(t *testing.T) {
	raw, err := encode(line{Seq: 1, Prev: genesis, Type: "snapshot"})
	must(t, err)
	_, err = Open(written(t, raw), nil)
	var broken *BrokenError
	if !errors.As(err, &broken) || broken.Line != 1 {
		t.Fatalf("got %v", err)
	}
	check(t, "why", `its type "snapshot" is not known; a newer version may have written it`, broken.Why)
}

func all(t *testing.T, v *View) []Entry {
	t.Helper()
	entries, err := v.Entries(Filter{})
	must(t, err)
	return entries
}

// child runs this test binary once more, with only the named test, as another process.
func child(t *testing.T, test, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), "SLUICE_TEST_JOURNAL="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestKilled kills a process between begin and finish: the lock is free, and the entry is known as interrupted.
func TestKilled(t *testing.T) {
	if path := os.Getenv("SLUICE_TEST_JOURNAL"); path != "" {
		_, err := open(t, path).Begin(entry("c1", Applying))
		must(t, err)
		fmt.Println("begun")
		select {}
	}
	path := filepath.Join(t.TempDir(), "journal.db")
	cmd := child(t, "TestKilled", path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "begun"; {
	}
	_, err = Open(path, nil)
	var held *LockedError
	if !errors.As(err, &held) || held.PID != cmd.Process.Pid {
		t.Errorf("while it runs: %v", err)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()

	j := open(t, path)
	left := j.Interrupted()
	if len(left) != 1 || left[0].Commit != "c1" {
		t.Fatalf("interrupted: %+v", left)
	}
	if _, err := j.Begin(entry("c2", Applying)); err != nil || len(j.Interrupted()) != 1 {
		t.Errorf("an entry that is under way counts as interrupted: %v", err)
	}
	left[0].State, left[0].Error = Failed, "interrupted"
	must(t, j.Finish(left[0]))
	check(t, "interrupted", 0, len(j.Interrupted()))
}

// TestDiskFull fills a (limited) disk: the write that does not fit is refused, the file ends with a whole line, and when
// there is room again the journal goes on.
func TestDiskFull(t *testing.T) {
	if path := os.Getenv("SLUICE_TEST_JOURNAL"); path != "" {
		fillDisk(t, path)
		return
	}
	cmd := child(t, "TestDiskFull", filepath.Join(t.TempDir(), "journal.db"))
	if out, err := cmd.Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fillDisk(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 5000, Max: limit.Max}))
	j, kept := open(t, path), 0
	var err error
	for range 100 {
		if err = j.Note(entry("c1", Held)); err != nil {
			break
		}
		kept++
	}
	if !errors.Is(err, syscall.EFBIG) || kept == 0 {
		t.Fatalf("after %d entries: %v", kept, err)
	}
	refused(t, err, "hint: make room on that disk")
	report, err := Verify(path)
	must(t, err)
	check(t, "report", [3]int64{int64(kept), 0, 0}, [3]int64{report.Lines, report.Torn, report.Broken})
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	must(t, j.Note(entry("c2", Held)))
	check(t, "entries after there was room again, without a restart", kept+1, len(all(t, j.View)))
	check(t, "entries", kept+1, len(all(t, reopen(t, j).View)))
}
