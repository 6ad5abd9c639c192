package verify_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/verify"
)

// TestTheEndOfASoakIsTold: as soon as all holds, and anew when something did not hold meanwhile.
func TestTheEndOfASoakIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld()
		world.after("users", 200, 200, 503, 200)
		wave := waveOf(t, "probes: [{name: users, url: 'http://users/health'}]\nsoak: 1m", "eu")
		began := time.Now()
		var ends []time.Duration
		wave.Soaks = func(end time.Time) {
			if end.IsZero() {
				ends = append(ends, 0)
				return
			}
			ends = append(ends, end.Sub(began))
		}
		if check, failed := verify.New(world.config()).Verify(t.Context(), wave, nil).Failed(); failed {
			t.Fatalf("%+v", check)
		}
		if want := []time.Duration{time.Minute, 0, 90 * time.Second}; !slices.Equal(ends, want) || time.Since(began) != 90*time.Second {
			t.Errorf("told %v, want %v", ends, want)
		}
	})
}
