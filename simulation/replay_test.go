package simulation

import (
	"fmt"
	"testing"
)

// TestASeedIsARun plays seeds twice: the same happens, to the last request.
func TestASeedIsARun(t *testing.T) {
	for number := range uint64(*twice) {
		t.Run(fmt.Sprint(number+1), func(t *testing.T) {
			t.Parallel()
			first, second := play(t, number+1, Options{Steps: 100}), play(t, number+1, Options{Steps: 100})
			if first != second {
				t.Errorf("first %+v\nthen  %+v", first, second)
			}
		})
	}
}

// TestSeedsDiffer: another seed is another run.
func TestSeedsDiffer(t *testing.T) {
	seen := map[string]uint64{}
	for number := range uint64(6) {
		outcome := play(t, number+1, Options{Steps: 30})
		if other, known := seen[outcome.Trace]; known {
			t.Errorf("seeds %d and %d are the same run", other, number+1)
		}
		seen[outcome.Trace] = number + 1
	}
}
