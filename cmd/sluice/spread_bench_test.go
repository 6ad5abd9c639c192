//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchGroups and benchRoutes are the size of a fleet that is measured.
const (
	benchGroups = 60
	benchRoutes = 200
)

// BenchmarkSpread carries a commit that changes one route of every gateway group, with a leader that does all the work, and with one and
// three replicas that share it.
// What counts is the processor time of the one that leads (leader-ms), and that of all of them; the gateways run in this process and
// make the time on the wall say little on a small machine.
func BenchmarkSpread(b *testing.B) {
	for _, replicas := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("sharing=%d", replicas), func(b *testing.B) {
			f := newSpreadFleet(b, manyGroups()...)
			f.shared = replicas > 0
			f.cost, f.guarded, f.lease, f.patience = 5*time.Millisecond, false, "30s", 10*time.Minute
			commit := f.manyRoutes(0)
			for i := range max(replicas, 1) {
				f.join(fmt.Sprint("r", i))
			}
			if f.shared {
				f.balanced(f.members...)
			}
			leader, _ := f.newLeader()
			f.applied(leader, commit)
			led, all := f.processorTime(leader), f.processorTime(f.members...)
			number := 0
			for b.Loop() {
				number++
				f.applied(leader, f.manyRoutes(number))
			}
			b.ReportMetric(float64((f.processorTime(leader)-led).Milliseconds())/float64(b.N), "leader-ms/op")
			b.ReportMetric(float64((f.processorTime(f.members...)-all).Milliseconds())/float64(b.N), "replicas-ms/op")
		})
	}
}

func manyGroups() []string {
	names := make([]string, benchGroups)
	for i := range names {
		names[i] = fmt.Sprintf("g%03d", i)
	}
	return names
}

// manyRoutes commits the routes, of which one differs from commit to commit.
func (f *spreadFleet) manyRoutes(number int) string {
	f.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "routes:\n  users: {uri: /users, upstream_id: users, labels: {commit: \"%d\"}}\n", number)
	for i := range benchRoutes {
		fmt.Fprintf(&text, "  r%d: {uri: /r%d, upstream_id: users, plugins: {proxy-rewrite: {uri: /x%d}}}\n", i, i, i)
	}
	f.write("repo/environments/test/routes.yaml", text.String())
	f.git("add", "--all")
	f.git("commit", "--quiet", "--message", fmt.Sprint("commit ", number))
	return f.git("rev-parse", "HEAD")
}

// processorTime is what the processes have used so far (proc(5), fields 14 and 15 in hundredths of a second). Elsewhere than on Linux it is 0.
func (f *spreadFleet) processorTime(members ...*member) time.Duration {
	f.t.Helper()
	ticks := 0
	for _, m := range members {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.process.Process.Pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		for _, field := range strings.Fields(rest)[11:13] {
			used, err := strconv.Atoi(field)
			f.must(err)
			ticks += used
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
