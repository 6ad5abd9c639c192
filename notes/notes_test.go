package notes_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/notes"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestNotesSayHowCommitsEnded lets git show what was written, and a clone fetch it.
func TestNotesSayHowCommitsEnded(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main", ".")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "Begin")
	one := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "Raise the limit")
	two := git(t, dir, "rev-parse", "HEAD")
	repository, err := source.Open(t.Context(), source.Config{URL: dir, Branch: "main", Dir: t.TempDir()})
	must(t, err)
	defer repository.Close()
	j, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
	must(t, err)
	defer j.Close()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, e := range []record.Entry{
		{Commit: one, Environment: "test", State: record.Superseded, CarriedBy: two, Outcome: record.Applied, Text: "carried by " + two[:7]},
		{Commit: two, Environment: "test", Group: "eu", State: record.Applied},
		{Commit: two, Environment: "test", State: record.Applied, Text: "1 created,\n" + strings.Repeat("ä", 400)},
		{Commit: two, Environment: "prod", State: record.RolledBack, Restores: one, Reason: "rollback"},
		{Commit: "", Environment: "prod", State: record.Failed, Text: "no commit"},
	} {
		e.Finished = at
		must(t, j.Note(e))
	}
	work(t, repository, j)
	tip := git(t, dir, "rev-parse", source.NotesRef)
	work(t, repository, j)
	if git(t, dir, "rev-parse", source.NotesRef) != tip {
		t.Error("what was told once more was written once more")
	}
	lines := strings.Split(git(t, dir, "notes", "--ref=sluice", "show", two), "\n")
	var got []notes.Line
	for _, line := range lines {
		var one notes.Line
		must(t, json.Unmarshal([]byte(line), &one))
		got = append(got, one)
	}
	want := []notes.Line{
		{Environment: "test", State: record.Applied, At: at, Text: "1 created, " + strings.Repeat("ä", 288) + "…", Entry: 3},
		{Environment: "prod", State: record.RolledBack, At: at, Reason: "rollback", Restores: one, Entry: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	clone := t.TempDir()
	git(t, clone, "clone", "-q", dir, ".")
	git(t, clone, "fetch", "-q", "origin", "refs/notes/sluice:refs/notes/sluice")
	log := git(t, clone, "log", "--notes=sluice", "--format=%N", one)
	if want := `"state":"superseded","at":"2026-01-02T03:04:05Z","text":"carried by ` + two[:7] + `","carriedBy":"` + two + `","outcome":"applied"`; !strings.Contains(log, want) {
		t.Errorf("git log shows %s", log)
	}
}

// work writes all that the journal knows.
func work(t *testing.T, repository *source.Repository, j *record.Journal) {
	t.Helper()
	found, err := j.Endings(0, 100)
	must(t, err)
	var ends []record.Entry
	for _, end := range found {
		ends = append(ends, end.Entry)
	}
	must(t, notes.Feed(repository, j, nil).Take(t.Context(), ends))
}
