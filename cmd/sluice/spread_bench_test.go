//go:build unix

package main

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchGroups and benchRoutes are the size of a fleet that is measured.
const (
	benchGroups = 60
	benchRoutes = 200
)

// BenchmarkSpread measures a leader that does all the work, and one and three replicas that share it: at a commit that changes one route of
// every gateway group, and at a look at all that every group has live. What counts is the processor time of the one that leads
// (leader-ms), that of all of them, and the most memory that the leader had until then (leader-MiB); the gateways run in this process and make
// the time on the wall say little on a small machine.
func BenchmarkSpread(b *testing.B) {
	for _, replicas := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("sharing=%d", replicas), func(b *testing.B) { benchSpread(b, replicas) })
	}
}

func benchSpread(b *testing.B, replicas int) {
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
	number := 0
	b.Run("commit", func(b *testing.B) {
		f.measured(b, leader, func() {
			number++
			f.applied(leader, f.manyRoutes(number))
		})
	})
	b.Run("look", func(b *testing.B) {
		f.measured(b, leader, func() { f.lookedAt(leader) })
	})
}

// measured reports what one round costs, and the leader's memory.
func (f *spreadFleet) measured(b *testing.B, leader *member, round func()) {
	led, all := f.processorTime(leader), f.processorTime(f.members...)
	for b.Loop() {
		round()
	}
	b.ReportMetric(float64((f.processorTime(leader)-led).Milliseconds())/float64(b.N), "leader-ms/op")
	b.ReportMetric(float64((f.processorTime(f.members...)-all).Milliseconds())/float64(b.N), "replicas-ms/op")
	if peak := f.peak(leader); peak > 0 {
		b.ReportMetric(float64(peak>>20), "leader-MiB")
	}
}

// peak is the most memory that a process had in use so far, in bytes. Elsewhere than on Linux it is 0.
func (f *spreadFleet) peak(m *member) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.process.Process.Pid))
	_, rest, found := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if err != nil || !found || len(fields) == 0 {
		return 0
	}
	kib, err := strconv.Atoi(fields[0])
	f.must(err)
	return kib << 10
}

// lookedAt lets the leader look at all groups, and waits until their routes were read.
func (f *spreadFleet) lookedAt(leader *member) {
	f.t.Helper()
	f.mu.Lock()
	before := maps.Clone(f.listed)
	f.mu.Unlock()
	f.signal(leader, syscall.SIGUSR1)
	f.until("all groups are looked at", func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, group := range f.groups {
			if f.listed[group] == before[group] {
				return fmt.Errorf("%s is not", group)
			}
		}
		return nil
	})
	time.Sleep(200 * time.Millisecond) // what was read is compared
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
