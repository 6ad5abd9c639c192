//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// TestReplicas: three replicas share a real etcd and one gateway under traffic. Whatever happens to the leader in the middle of an
// apply (killed, frozen, cut off from etcd), another carries the commit through, the old one writes nothing more until it leads
// again, no request is dropped, and the journal is whole.
func TestReplicas(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	number := 0
	next := func() string { number++; return f.commit(number) }
	first := next()
	for _, name := range []string{"a", "b", "c"} {
		f.join(name)
	}
	leader, _ := f.newLeader()
	f.applied(leader, first)
	for _, m := range f.members { // a standby answers from the journal
		f.applied(m, first)
		f.acts(m, leader)
	}
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	defer traffic.Wait()
	defer stop()
	traffic.Go(func() { f.traffic(ctx) })

	t.Log("kill the leader in the middle of an apply")
	commit := f.amid(leader, next)
	f.kill(leader)
	second, took := f.newLeader(leader)
	t.Logf("takeover after a kill: %s", took)
	f.applied(second, commit)
	f.run(leader)

	t.Log("freeze the leader in the middle of an apply, and let it go on when another leads")
	commit = f.amid(second, next)
	f.signal(second, syscall.SIGSTOP)
	third, took := f.newLeader(second)
	t.Logf("takeover after a freeze: %s", took)
	f.applied(third, commit)
	before := f.written(second)
	f.etcd.Freeze(t) // nobody tells the old leader that it was replaced
	f.signal(second, syscall.SIGCONT)
	f.until("the old leader stands by", func() error { return standsBy(second, "standby") })
	if after := f.written(second); after != before {
		t.Errorf("the old leader sent %d writes after another led", after-before)
	}
	f.etcd.Thaw(t)
	f.applied(second, next())
	f.commandLine()
	t.Log("lose etcd in the middle of an apply")
	third, _ = f.newLeader()
	commit = f.amid(third, next)
	f.etcd.Freeze(t)
	for _, m := range f.members {
		f.until(m.name+" says that etcd is out of reach", func() error { return standsBy(m, "503 ") })
	}
	silent := f.allWritten()
	f.etcd.Thaw(t)
	fourth, _ := f.newLeader()
	f.applied(fourth, commit)
	if f.allWritten() == silent {
		t.Error("nothing was left to write when etcd came back: the apply did not stop")
	}

	t.Log("leave in order: another leads at once")
	f.signal(fourth, syscall.SIGTERM)
	<-fourth.ended
	if code := fourth.process.ProcessState.ExitCode(); code != 0 {
		t.Errorf("a leader that was asked to end ended with %d", code)
	}
	last, took := f.newLeader(fourth)
	t.Logf("takeover after a shutdown: %s", took)
	f.applied(last, next())

	stop()
	traffic.Wait()
	if failed := f.failed.Load(); failed != 0 {
		t.Errorf("%d of %d requests failed", failed, f.asked.Load())
	}
	t.Logf("%d requests", f.asked.Load())
	f.proveJournal(number)
	if t.Failed() {
		f.tellLogs()
	}
}

// commandLine uses the commands that look into the journal, and the one that would have to lead, beside the replicas.
func (f *fleet) commandLine() {
	f.t.Helper()
	f.sluice(0, "journal is whole", "history", "--verify", "-c", f.members[0].file)
	f.sluice(0, "applied", "history", "-c", f.members[1].file, "test")
	f.sluice(0, "nothing to change", "plan", "-c", f.members[2].file)
	f.sluice(1, "hint: a daemon runs there already", "apply", "-c", f.withOwnMirror(), "test")
}

// withOwnMirror writes a daemon's file that could be used beside those of the members.
func (f *fleet) withOwnMirror() string {
	f.t.Helper()
	text, err := os.ReadFile(f.members[0].file)
	f.must(err)
	f.write("apply.yaml", strings.Replace(string(text), "a.git", "apply.git", 1))
	return filepath.Join(f.dir, "apply.yaml")
}

// sluice runs a command and wants that exit status, and the text in what it prints.
func (f *fleet) sluice(status int, text string, args ...string) {
	f.t.Helper()
	cmd := exec.Command("sluice", args...)
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != status || !strings.Contains(string(out), text) {
		f.t.Errorf("sluice %v: exit status %d, want %d with %q in\n%s", args, cmd.ProcessState.ExitCode(), status, text, out)
	}
}

// amid makes a commit and returns when the leader has begun to write it.
func (f *fleet) amid(leader *member, next func() string) string {
	f.t.Helper()
	before := f.written(leader)
	commit := next()
	f.until("the leader writes", func() error { return holds(f.written(leader) > before+2, "too few writes") })
	return commit
}

func (f *fleet) allWritten() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := 0
	for _, writes := range f.writes {
		all += writes
	}
	return all
}

func standsBy(m *member, text string) error {
	ready := m.ready()
	return holds(strings.Contains(ready, text), fmt.Sprintf("%s says %q", m.name, ready))
}

// proveJournal checks the chain, and that every commit has an end there.
func (f *fleet) proveJournal(commits int) {
	f.t.Helper()
	s, faults := settings.Load(f.members[0].file)
	f.must(faults.Err())
	report, err := daemon.VerifyJournal(s)
	f.must(err)
	if report.Broken != 0 || report.Torn != 0 || report.Open != 0 {
		f.t.Errorf("journal: %+v", report)
	}
	past, err := daemon.ReadJournal(s)
	f.must(err)
	entries, err := past.Entries(record.Filter{Environment: "test"})
	f.must(errors.Join(err, past.Close()))
	applied := map[string]bool{}
	for _, entry := range entries {
		if entry.Group == "" && entry.State == record.Applied {
			applied[entry.Commit] = true
		}
	}
	if len(applied) != commits {
		f.t.Errorf("%d commits are on record as applied, want %d", len(applied), commits)
	}
}
