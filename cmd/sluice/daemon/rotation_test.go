package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/settings"
)

// TestSecretsAreWatched changes secrets as people, and as Kubernetes does: by swapping a link, so that no file changes.
func TestSecretsAreWatched(t *testing.T) {
	dir := t.TempDir()
	write := func(parts ...string) {
		t.Helper()
		path := filepath.Join(append([]string{dir}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(from, to string) {
		t.Helper()
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	swap := func(from string) {
		t.Helper()
		link(from, "secrets/..data_tmp")
		if err := os.Rename(filepath.Join(dir, "secrets/..data_tmp"), filepath.Join(dir, "secrets/..data")); err != nil {
			t.Fatal(err)
		}
	}
	write("secrets", "..one", "db")
	write("secrets", "..two", "db")
	write("secrets", "plain")
	write("keys", "age")
	link("..one", "secrets/..data")
	link("..data/db", "secrets/db")
	changed := watchSecrets(t.Context(), settings.Settings{
		Secrets: settings.Secrets{Dir: filepath.Join(dir, "secrets")}, SOPS: settings.SOPS{AgeKeyFile: filepath.Join(dir, "keys", "age")},
	}, zap.NewNop())
	for name, change := range map[string]func(){
		"a swapped link": func() { swap("..two") },
		"a file":         func() { write("secrets", "plain") },
		"a new file":     func() { write("secrets", "new") },
		"the age key":    func() { write("keys", "age") },
	} {
		change()
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Errorf("%s is not noticed", name)
		}
	}
}

// TestTheJournalBesideTheKeyDoesNotWakeAPass says that a pass, which writes to the journal, never wakes the next.
func TestTheJournalBesideTheKeyDoesNotWakeAPass(t *testing.T) {
	w := fileWatch{dir: "/run/secrets/gw", file: "/var/lib/sluice/age"}
	for name, want := range map[string]bool{
		"/run/secrets/gw/db": true, "/run/secrets/gw/..data": true, "/var/lib/sluice/age": true, "/var/lib/sluice/..data": true,
		"/var/lib/sluice/journal.db": false, "/var/lib/sluice/mirror.git": false,
	} {
		if got := w.matters(fsnotify.Event{Name: name, Op: fsnotify.Write}); got != want {
			t.Errorf("%s matters: %v", name, got)
		}
	}
	if w.matters(fsnotify.Event{Name: "/run/secrets/gw/db", Op: fsnotify.Chmod}) {
		t.Error("a change of the mode alone wakes a pass")
	}
}

func TestNothingIsWatchedWhereThereIsNothing(t *testing.T) {
	select {
	case <-watchSecrets(t.Context(), settings.Settings{}, zap.NewNop()):
		t.Error("a change of nothing")
	default:
	}
}

// TestAFileThatHasChangedBeforeItIsWatched speaks at once: between the reading at the start and the watch nobody looks.
func TestAFileThatHasChangedBeforeItIsWatched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for since, want := range map[time.Duration]int{-time.Hour: 1, time.Hour: 0} {
		if got := len(watchFile(t.Context(), file, time.Now().Add(since), zap.NewNop())); got != want {
			t.Errorf("read %s from now: it speaks %d times, want %d", since, got, want)
		}
	}
}
