package record

import (
	"path/filepath"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestALargeJournalIsSaid(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	j, err := Open(filepath.Join(t.TempDir(), "journal.db"), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	if err := j.Note(Entry{Commit: "c", Environment: "test", State: Applied}); err != nil {
		t.Fatal(err)
	}
	j.tellSize(j.size + 1)
	if logs.Len() > 0 {
		t.Errorf("a small journal is called large: %v", logs.All())
	}
	j.tellSize(j.size)
	if logs.FilterMessage("the journal is large, it is read whole at each start").Len() != 1 {
		t.Errorf("nothing is said of a large journal: %v", logs.All())
	}
}
