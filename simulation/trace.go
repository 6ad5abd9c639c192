package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"
)

// trace is what happened in a run, in order. Two runs with the same trace are the same.
type trace struct {
	began time.Time
	sum   hash.Hash
	show  func(string)
	step  int
}

func newTrace(show func(string)) *trace {
	return &trace{began: time.Now(), sum: sha256.New(), show: show}
}

func (t *trace) note(format string, args ...any) {
	line := fmt.Sprintf("%4d %12v  %s\n", t.step, time.Since(t.began), fmt.Sprintf(format, args...))
	_, _ = t.sum.Write([]byte(line)) // a hash never fails
	if t.show != nil {
		t.show(line)
	}
}

func (t *trace) hash() string { return hex.EncodeToString(t.sum.Sum(nil)[:8]) }
