package simulation

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("seeds", 6, "how many seeds to play")
	ends  = flag.Bool("ends", true, "want an end of every commit, not only of the head")
	from  = flag.Uint64("from", 1, "the first seed")
	twice = flag.Int("twice", 3, "how many seeds to play twice")
	seed  = flag.Uint64("seed", 0, "play this seed alone, and show all of it")
)

// play runs one seed in a bubble of its own.
func play(t *testing.T, seed uint64, o Options) (outcome Outcome) {
	synctest.Test(t, func(*testing.T) { outcome = Run(seed, o) })
	return outcome
}

// TestSeeds plays many seeds: every promise is kept in each of them.
func TestSeeds(t *testing.T) {
	first, count := *from, *seeds
	if *seed != 0 {
		first, count = *seed, 1
	}
	began := time.Now()
	var commits, crashes, writes, entries int
	var virtual time.Duration
	t.Run("each", func(t *testing.T) {
		results := make([]Outcome, count)
		t.Cleanup(func() {
			for _, o := range results {
				commits, crashes, writes, entries = commits+o.Commits, crashes+o.Crashes, writes+o.Writes, entries+o.Entries
				virtual += o.Took
			}
		})
		for i := range count {
			t.Run(fmt.Sprint(first+uint64(i)), func(t *testing.T) {
				t.Parallel()
				results[i] = playOrShow(t, first+uint64(i))
			})
		}
	})
	t.Logf("%d seeds in %v: %d commits, %d crashes, %d writes, %d entries in %v of virtual time",
		count, time.Since(began).Round(time.Millisecond), commits, crashes, writes, entries, virtual.Round(time.Hour))
}

// playOrShow plays a seed, and once more with its trace when it fails.
func playOrShow(t *testing.T, number uint64) Outcome {
	outcome := play(t, number, Options{Ends: *ends})
	if outcome.Broken == "" && *seed == 0 {
		return outcome
	}
	var lines []string
	again := play(t, number, Options{Ends: *ends, Show: func(line string) { lines = append(lines, line) }})
	const shown = 150
	if skip := len(lines) - shown; skip > 0 && *seed == 0 {
		lines = append([]string{fmt.Sprintf("… %d lines\n", skip)}, lines[skip:]...)
	}
	t.Logf("seed %d, trace %s:\n%s", number, outcome.Trace, strings.Join(lines, ""))
	if again.Trace != outcome.Trace {
		t.Errorf("seed %d does not replay: %s, then %s", number, outcome.Trace, again.Trace)
	}
	if outcome.Broken != "" {
		t.Errorf("seed %d: %s\nreplay: make simulate SEED=%d", number, outcome.Broken, number)
	}
	return outcome
}
