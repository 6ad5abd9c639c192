package record

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// yearsLines is what a team adds that merges twenty commits on each of 220 days of five years, into three environments with four gateway groups
// that a forge is told of: some seventeen lines for each commit.
const yearsLines = 22_000 * 17

// BenchmarkFiveYears opens the journal of such a team: how large it is, how long a start takes for it, and what the daemon keeps of it.
func BenchmarkFiveYears(b *testing.B) {
	path := long(b, yearsLines, strings.Repeat("what the gateway and the plan had to say of it; ", 12))
	file, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		before := inUse()
		began := time.Now()
		view, err := Read(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "open-s")
		b.ReportMetric(float64(inUse()-before)/(1<<20), "kept-MiB")
		if err := view.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.Size())/(1<<20), "file-MiB")
	b.ReportMetric(float64(file.Size())/yearsLines, "bytes/line")
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
