package source

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// note is what git shows in the note of a commit.
func (u *upstream) note(commit string) string {
	u.t.Helper()
	return u.git("notes", "--ref=sluice", "show", commit)
}

func annotate(t testing.TB, r *Repository, lines map[string][]string) {
	t.Helper()
	must(t, r.Annotate(t.Context(), lines, notice("Notes of Sluice\n")))
}

// TestNotesAreThoseOfGit writes notes, over HTTP and into a directory, and lets git show them.
func TestNotesAreThoseOfGit(t *testing.T) {
	for _, way := range []string{"http", "directory"} {
		t.Run(way, func(t *testing.T) {
			u := newUpstream(t)
			one := u.first()
			u.git("config", "http.receivepack", "true")
			u.write("base/routes.yaml", "routes: {b: {uri: /b}}\n")
			two := u.commit("two")
			url := u.dir
			if way == "http" {
				url = serve(t, u).url()
			}
			r := open(t, settings(t, url))
			annotate(t, r, map[string][]string{one: {"first", "second"}, two: {"third"}})
			if got := u.note(one); got != "first\nsecond" {
				t.Errorf("git shows %q", got)
			}
			tip := u.git("rev-parse", NotesRef)
			annotate(t, r, map[string][]string{one: {"second"}})
			if at := u.git("rev-parse", NotesRef); at != tip {
				t.Error("what stands there already was pushed again")
			}
			annotate(t, r, map[string][]string{one: {"second", "fourth"}})
			if got := u.note(one); got != "first\nsecond\nfourth" {
				t.Errorf("git shows %q", got)
			}
			if log := u.git("log", "--notes=sluice", "--format=%s %N", "-1", two); log != "two third" {
				t.Errorf("git log shows %q", log)
			}
			u.git("fsck", "--strict")
			if !strings.HasPrefix(u.git("cat-file", "-p", NotesRef), "tree ") || u.git("rev-parse", NotesRef+"~1") != tip {
				t.Error("the commit of the notes is not what it should be")
			}
		})
	}
}

// TestNotesOfOthersStay adds to notes that people have written with git, by hand, flat and in directories.
func TestNotesOfOthersStay(t *testing.T) {
	u := newUpstream(t)
	one := u.first()
	r := open(t, settings(t, u.dir))
	u.git("notes", "--ref=sluice", "add", "-m", "by hand", one)
	annotate(t, r, map[string][]string{one: {"ours"}})
	if got := u.note(one); got != "by hand\nours" {
		t.Errorf("git shows %q", got)
	}
	many := u.noted(300) // from some hundred on, git keeps them in directories
	annotate(t, r, map[string][]string{many[7]: {"ours"}, one: {"again"}})
	for commit, want := range map[string]string{many[7]: "of commit 8\nours", many[8]: "of commit 9", one: "by hand\nours\nagain"} {
		if got := u.note(commit); got != want {
			t.Errorf("git shows %q, want %q", got, want)
		}
	}
	if listed := strings.Count(u.git("notes", "--ref=sluice", "list"), "\n") + 1; listed != 301 {
		t.Errorf("git lists %d notes", listed)
	}
	u.git("update-ref", "-d", NotesRef)
	annotate(t, r, map[string][]string{one: {"anew"}})
	if got := u.note(one); got != "anew" {
		t.Errorf("after the notes were thrown away, git shows %q", got)
	}
}

// noted makes so many commits with a note each, in one process, and returns them.
func (u *upstream) noted(count int) []string {
	u.t.Helper()
	var stream strings.Builder
	commit := func(ref, message string, i int) {
		fmt.Fprintf(&stream, "commit %s\nmark :%d\ncommitter Ada <ada@example.com> %d +0000\ndata %d\n%s\n", ref, i, 1767323045+i, len(message), message)
	}
	for i := 1; i <= count; i++ {
		commit("refs/heads/many", fmt.Sprint("commit ", i), i)
	}
	commit(NotesRef, "notes", count+1)
	fmt.Fprintf(&stream, "from %s^0\n", NotesRef)
	for i := 1; i <= count; i++ {
		text := fmt.Sprint("of commit ", i, "\n")
		fmt.Fprintf(&stream, "N inline :%d\ndata %d\n%s\n", i, len(text), text)
	}
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = u.dir, strings.NewReader(stream.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		u.t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	return strings.Fields(u.git("rev-list", "--reverse", "refs/heads/many"))
}

// TestNotesOfCommitsThatAreGone: a force-push takes nothing from the notes.
func TestNotesOfCommitsThatAreGone(t *testing.T) {
	u := newUpstream(t)
	u.first()
	gone := u.commit("gone")
	r := open(t, settings(t, u.dir))
	annotate(t, r, map[string][]string{gone: {"one"}})
	u.git("reset", "-q", "--hard", "HEAD~1")
	latest(t, r)
	annotate(t, r, map[string][]string{gone: {"two"}})
	if got := u.note(gone); got != "one\ntwo" {
		t.Errorf("git shows %q", got)
	}
}

// TestWritersOfNotesLoseNothing has several write notes at once, on the same commit as well.
func TestWritersOfNotesLoseNothing(t *testing.T) {
	u := newUpstream(t)
	one := u.first()
	two := u.commit("two")
	const writers, rounds = 3, 4
	var running sync.WaitGroup
	errs := make(chan error, writers*rounds)
	for w := range writers {
		r := open(t, settings(t, u.dir))
		running.Go(func() {
			for i := range rounds {
				line := fmt.Sprint(w, "-", i)
				errs <- r.Annotate(t.Context(), map[string][]string{one: {line}, two: {line}}, notice(line))
			}
		})
	}
	running.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	for _, commit := range []string{one, two} {
		if lines := strings.Fields(u.note(commit)); len(lines) != writers*rounds {
			t.Errorf("%d lines are left: %v", len(lines), lines)
		}
	}
}

// TestNotesThatAreRefused: a denial, or a hook that says no, is an error; the next try begins anew.
func TestNotesThatAreRefused(t *testing.T) {
	u := newUpstream(t)
	one := u.first()
	s := serve(t, u) // git http-backend takes no pushes from nobody
	r := open(t, settings(t, s.url()))
	err := r.Annotate(t.Context(), map[string][]string{one: {"x"}}, notice("x"))
	if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "right to push "+NotesRef) {
		t.Errorf("without the right: %v", err)
	}
	u.git("config", "http.receivepack", "true")
	annotate(t, r, map[string][]string{one: {"x"}})
	hook := filepath.Join(u.dir, ".git", "hooks", "update")
	script(t, hook, "#!/bin/sh\necho no notes here >&2\nexit 1\n")
	if err := r.Annotate(t.Context(), map[string][]string{one: {"y"}}, notice("y")); err == nil {
		t.Error("a hook that says no is not an error")
	}
	script(t, hook, "#!/bin/sh\nexit 0\n")
	annotate(t, r, map[string][]string{one: {"y"}})
	if got := u.note(one); got != "x\ny" {
		t.Errorf("git shows %q", got)
	}
}

// TestNotesInAnyShape: wherever a note stands in a tree of notes, lines are added to it there, and nothing else changes.
func TestNotesInAnyShape(t *testing.T) {
	u := newUpstream(t)
	commits := []string{u.first()}
	for i := range 3 {
		commits = append(commits, u.commit(fmt.Sprint(i)))
	}
	r := open(t, settings(t, u.dir))
	for seed := range uint64(6) {
		draw := rand.New(rand.NewPCG(seed, 1))
		index := filepath.Join(t.TempDir(), "index")
		u.git("update-ref", "-d", NotesRef)
		blob := u.git("hash-object", "-w", "sluice.yaml")
		var shaped []string
		for _, commit := range commits {
			depth := draw.IntN(5) - 1 // -1: no note
			if depth < 0 {
				continue
			}
			path := ""
			for i := range depth {
				path += commit[2*i:2*i+2] + "/"
			}
			shaped = append(shaped, "100644 "+blob+"\t"+path+commit[2*depth:])
		}
		u.index(index, shaped)
		lines := map[string][]string{}
		for range 1 + draw.IntN(3) {
			lines[commits[draw.IntN(len(commits))]] = []string{"ours"}
		}
		annotate(t, r, lines)
		for _, commit := range commits {
			had := slices.ContainsFunc(shaped, func(s string) bool { return strings.HasSuffix(strings.ReplaceAll(s, "/", ""), commit) })
			want := ""
			if had {
				want = "version: 1"
			}
			if lines[commit] != nil {
				want = strings.TrimSpace(want + "\nours")
			}
			if got := u.noteOrNone(commit); got != want {
				t.Fatalf("of %v, %s has %q, want %q", shaped, commit, got, want)
			}
		}
	}
}

// index makes the notes a commit of these entries.
func (u *upstream) index(file string, entries []string) {
	u.t.Helper()
	if len(entries) == 0 {
		return
	}
	run := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = u.dir, strings.NewReader(stdin)
		cmd.Env = append(cmd.Environ(), "GIT_INDEX_FILE="+file)
		out, err := cmd.CombinedOutput()
		must(u.t, err)
		return strings.TrimSpace(string(out))
	}
	run(strings.Join(entries, "\n")+"\n", "update-index", "--add", "--index-info")
	tree := run("", "write-tree")
	u.git("update-ref", NotesRef, run("", "commit-tree", "-m", "x", tree))
}

func (u *upstream) noteOrNone(commit string) string {
	cmd := exec.Command("git", "notes", "--ref=sluice", "show", commit)
	cmd.Dir = u.dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// script writes a program.
func script(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o755))
}
