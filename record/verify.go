package record

import (
	"errors"
	"fmt"
	"os"
)

// Report is what Verify found. A journal is whole when Broken is 0.
type Report struct {
	Lines   int64  `json:"lines"`            // whole lines that are chained
	Entries int    `json:"entries"`          // entries in them
	Open    int    `json:"open"`             // entries begun and not finished: under way, or interrupted
	Torn    int64  `json:"torn,omitempty"`   // bytes behind the last whole line; a write under way, or a crash
	Broken  int64  `json:"broken,omitempty"` // the first line that is not what was written; 0 when there is none
	Why     string `json:"why,omitempty"`
	Head    string `json:"head"` // SHA-256 of the last good line: who keeps it elsewhere can prove that nothing was cut off
}

// Verify proves the chain of the journal at path from its first line on, without a lock. The error says that the file could
// not be read; a broken chain is in the Report.
func Verify(path string) (Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("verify journal: %w", err)
	}
	report, err := VerifyStore(&fileStore{path: path, file: file})
	if err = errors.Join(err, file.Close()); err != nil {
		return Report{}, fmt.Errorf("verify journal %s: %w", path, err)
	}
	return report, nil
}

// VerifyStore proves the chain of the journal in store, as Verify does with a file.
func VerifyStore(store Store) (Report, error) {
	v := newView(store)
	torn, err := v.load()
	report := Report{Lines: v.seq, Open: len(v.open), Head: v.prev}
	for _, s := range v.shelves {
		report.Entries += len(s.slots)
	}
	var broken *BrokenError
	if errors.As(err, &broken) {
		report.Broken, report.Why, err = broken.Line, broken.Why, nil
	}
	if torn {
		report.Torn, err = behind(store, v.size)
	}
	return report, err
}
