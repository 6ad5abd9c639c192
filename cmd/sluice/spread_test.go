//go:build unix

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sluice-gitops/sluice/reconciler"
)

// TestSpread: three replicas share a real etcd and the work at five gateway groups under traffic. Whatever happens to the leader and to
// the holder of a group in the middle of an apply, the commit is carried through, nobody writes to a group but its holder, no request is
// dropped, and the journal is whole.
func TestSpread(t *testing.T) {
	t.Parallel()
	f := newSpreadFleet(t, "g1", "g2", "g3", "g4", "g5")
	number := 0
	next := func() string { number++; return f.commit(number) }
	first := next()
	a, b, c := f.join("a"), f.join("b"), f.join("c")
	f.balanced(a, b, c)
	leader, _ := f.newLeader()
	f.applied(leader, first)
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	defer traffic.Wait()
	defer stop()
	traffic.Go(func() { f.traffic(ctx) })

	t.Log("all of them write")
	f.applied(leader, next())
	for _, m := range f.members {
		if group := f.holdsOne(m); f.wrote(m, group) == 0 {
			t.Errorf("%s holds %s and has written nothing", m.name, group)
		}
	}
	f.tellsHolders()
	f.killed(leader, next)
	f.frozen(next)
	f.cutOff(next)
	f.withoutEtcd(next)
	f.leaves(next)

	stop()
	traffic.Wait()
	if failed := f.failed.Load(); failed != 0 {
		t.Errorf("%d of %d requests failed", failed, f.asked.Load())
	}
	for _, stranger := range f.strangers {
		t.Error(stranger)
	}
	f.seesStrangers()
	t.Logf("%d requests, %d writes", f.asked.Load(), f.all())
	f.proveJournal(number)
	f.sameEverywhere()
	if t.Failed() {
		f.tellLogs()
	}
}

// tellsHolders looks that every replica says how many groups it holds, and who holds each.
func (f *spreadFleet) tellsHolders() {
	f.t.Helper()
	for _, m := range f.members {
		if ready := m.ready(); !strings.Contains(ready, ", holds 1 gateway group") && !strings.Contains(ready, ", holds 2 gateway groups") {
			f.t.Errorf("%s is %q", m.name, ready)
		}
		answer, err := http.Get(m.url + "/api/v1/status")
		f.must(err)
		var status reconciler.Status
		err = json.NewDecoder(answer.Body).Decode(&status)
		answer.Body.Close()
		f.must(err)
		env, _ := status.Environment("test")
		for _, group := range env.Groups {
			if _, pid, _ := strings.Cut(group.Holder, ":"); pid != f.process(f.holderOf(group.Name).name) {
				f.t.Errorf("%s says that %q holds %s", m.name, group.Holder, group.Name)
			}
		}
		if len(env.Groups) != len(f.groups) {
			f.t.Errorf("%s shows %d groups", m.name, len(env.Groups))
		}
	}
}

// seesStrangers proves that the door would have seen one.
func (f *spreadFleet) seesStrangers() {
	f.t.Helper()
	before, group := len(f.strangers), f.groups[0]
	holder := f.holderOf(group)
	f.look(holder.name, group, httptest.NewRequest(http.MethodPut, "/apisix/admin/routes/x", nil))
	f.look(f.another(holder).name, group, httptest.NewRequest(http.MethodPut, "/apisix/admin/routes/x", nil))
	if seen := len(f.strangers) - before; seen != 1 {
		f.t.Errorf("of a write by the holder and one by another replica %d are seen as those of a stranger", seen)
	}
}

// killed kills a holder that does not lead in the middle of an apply, and then the leader.
func (f *spreadFleet) killed(leader *member, next func() string) {
	f.t.Helper()
	f.t.Log("kill a holder in the middle of an apply")
	holder := f.another(leader)
	commit := f.amid(holder, f.holdsOne(holder), next)
	f.kill(holder)
	f.applied(leader, commit)
	f.run(holder)
	f.balanced(f.members...)

	f.t.Log("kill the leader in the middle of an apply of another one")
	holder = f.another(leader)
	commit = f.amid(holder, f.holdsOne(holder), next)
	f.kill(leader)
	second, _ := f.newLeader(leader)
	f.applied(second, commit)
	f.run(leader)
	f.balanced(f.members...)
}

// frozen freezes a holder in the middle of an apply, and then the leader; when they wake nobody has told them that they were replaced.
func (f *spreadFleet) frozen(next func() string) {
	f.t.Helper()
	f.t.Log("freeze a holder in the middle of an apply")
	leader, _ := f.newLeader()
	holder := f.another(leader)
	group := f.holdsOne(holder)
	commit := f.amid(holder, group, next)
	f.freeze(holder)
	f.holderOf(group, holder)
	f.applied(leader, commit)
	before := f.wrote(holder, group)
	f.thaw(holder)
	f.balanced(f.members...)
	if after := f.wrote(holder, group); after != before && f.holderOf(group) != holder {
		f.t.Errorf("the holder that was frozen has sent %d writes when it woke", after-before)
	}

	f.t.Log("freeze the leader in the middle of an apply of another one")
	holder = f.another(leader)
	commit = f.amid(holder, f.holdsOne(holder), next)
	f.freeze(leader)
	second, _ := f.newLeader(leader)
	f.applied(second, commit)
	f.thaw(leader)
	f.balanced(f.members...)
	f.applied(second, next())
}

// cutOff takes a holder, and then the leader, the way to etcd in the middle of an apply; they still reach the gateways.
func (f *spreadFleet) cutOff(next func() string) {
	f.t.Helper()
	f.t.Log("cut a holder off from etcd in the middle of an apply")
	leader, _ := f.newLeader()
	holder := f.another(leader)
	group := f.holdsOne(holder)
	commit := f.amid(holder, group, next)
	f.wires[holder.name].cut()
	f.holderOf(group, holder)
	f.applied(leader, commit)
	f.wires[holder.name].mend()
	f.balanced(f.members...)

	f.t.Log("cut the leader off from etcd in the middle of an apply of another one")
	holder = f.another(leader)
	commit = f.amid(holder, f.holdsOne(holder), next)
	f.wires[leader.name].cut()
	second, _ := f.newLeader(leader)
	f.applied(second, commit)
	f.wires[leader.name].mend()
	f.balanced(f.members...)
}

// withoutEtcd takes etcd away in the middle of an apply.
func (f *spreadFleet) withoutEtcd(next func() string) {
	f.t.Helper()
	f.t.Log("lose etcd in the middle of an apply")
	leader, _ := f.newLeader()
	holder := f.another(leader)
	commit := f.amid(holder, f.holdsOne(holder), next)
	f.etcd.Freeze(f.t)
	for _, m := range f.members {
		f.until(m.name+" says that etcd is out of reach", func() error { return standsBy(m, "503 ") })
	}
	f.etcd.Thaw(f.t)
	second, _ := f.newLeader()
	f.applied(second, commit)
	f.balanced(f.members...)
}

// leaves lets a holder and then the leader end in order, each in the middle of an apply.
func (f *spreadFleet) leaves(next func() string) {
	f.t.Helper()
	for _, who := range []string{"a holder", "the leader"} {
		f.t.Logf("%s leaves in order in the middle of an apply", who)
		leader, _ := f.newLeader()
		holder := f.another(leader)
		commit := f.amid(holder, f.holdsOne(holder), next)
		leaves := holder
		if who == "the leader" {
			leaves = leader
		}
		f.signal(leaves, syscall.SIGTERM)
		<-leaves.ended
		if code := leaves.process.ProcessState.ExitCode(); code != 0 {
			f.t.Errorf("%s ended with %d", who, code)
		}
		last, _ := f.newLeader(leaves)
		f.applied(last, commit)
		f.run(leaves)
		f.balanced(f.members...)
	}
}

// another returns a replica that does not lead.
func (f *spreadFleet) another(leader *member) *member {
	for _, m := range f.members {
		if m != leader {
			return m
		}
	}
	return nil
}

// sameEverywhere compares what the gateways hold: one commit to all is one configuration.
func (f *spreadFleet) sameEverywhere() {
	f.t.Helper()
	var first string
	for _, group := range f.groups {
		request, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.gateways[group].AdminURL()+"/apisix/admin/routes", nil)
		f.must(err)
		request.Header.Set("X-API-KEY", adminKey)
		text := f.paths(request)
		if first == "" {
			first = text
		}
		if text != first || text == "" {
			f.t.Errorf("%s holds\n%s\nand %s holds\n%s", group, text, f.groups[0], first)
		}
	}
}
