package verify_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/verify"
)

// TestWhatHoldsHasHeldForTheSoak: whatever answers come, a verification that holds has seen nothing but good ones for as long as the
// soak says, and one that does not hold has seen three bad ones in a row or the end of its time.
func TestWhatHoldsHasHeldForTheSoak(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		minutes := rapid.IntRange(1, 5).Draw(rt, "soak")
		good := rapid.SliceOfN(rapid.Bool(), 1, 40).Draw(rt, "answers")
		end := rapid.Bool().Draw(rt, "in the end")
		synctest.Test(t, func(t *testing.T) {
			world, answers := newWorld(), 0
			var bad []time.Time
			badInARow := 0
			world.answers["users"] = func(*http.Request) (int, string, error) {
				fine := end
				if answers < len(good) {
					fine = good[answers]
				}
				if answers++; fine {
					badInARow = 0
					return 200, "", nil
				}
				badInARow++
				bad = append(bad, time.Now())
				return 503, "", nil
			}
			soak := time.Duration(minutes) * time.Minute
			wave := waveOf(t, "probes: [{name: users, url: 'http://users/'}]\nsoak: "+soak.String(), "eu")
			began := time.Now()
			report := verify.New(world.config()).Verify(t.Context(), wave, nil)
			_, failed := report.Failed()
			took := time.Since(began)
			// What comes in the instant in which the soak ends is not of it.
			inSoak := func(at time.Time) bool { return time.Since(at) > 0 && time.Since(at) < soak }
			switch {
			case !failed && slices.ContainsFunc(bad, inSoak):
				rt.Errorf("it holds after bad answers at %v, with a soak of %s", bad, soak)
			case failed && badInARow < 3 && took < 15*time.Minute+soak:
				rt.Errorf("it was given up after %s and %d bad answers in a row", took, badInARow)
			}
		})
	})
}
