package reconciler

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// counted is a store in memory that counts what is read of it.
type counted struct {
	raw   []byte
	reads atomic.Int64
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	c.reads.Add(1)
	if n := copy(p, c.raw[min(int(off), len(c.raw)):]); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}

func (c *counted) Append(line []byte, _ int64) error {
	c.raw = append(c.raw, line...)
	return nil
}

func (c *counted) Cut(size int64) error {
	c.raw = c.raw[:size]
	return nil
}

// TestWhatACommitCarriesIsFoundWithoutTheGroups: which commits end with another one is asked of the entries of the environment. Those of
// its groups, of which there may be a hundred thousand, are not read for it.
func TestWhatACommitCarriesIsFoundWithoutTheGroups(t *testing.T) {
	var store counted
	journal, err := record.OpenStore(&store, make([]byte, 32), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	note := func(e record.Entry) {
		if err := journal.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	note(record.Entry{Commit: fmt.Sprintf("%040d", 1), Environment: "prod", State: record.Superseded, CarriedBy: fmt.Sprintf("%040d", 2)})
	for i := range 1000 {
		note(record.Entry{Commit: fmt.Sprintf("%040d", i), Environment: "prod", Group: "eu", State: record.Applied})
	}
	r := &Reconciler{Planner: &Planner{past: journal.View}}
	before := store.reads.Load()
	carried, err := r.carriedBy("prod", fmt.Sprintf("%040d", 2))
	if err != nil || len(carried) != 1 {
		t.Fatalf("it carries %v, %v", carried, err)
	}
	if reads := store.reads.Load() - before; reads > 20 {
		t.Errorf("the journal was read %d times", reads)
	}
}
