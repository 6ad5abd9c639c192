//go:build unix

package replica

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

func connect(t *testing.T, server *etcdtest.Server, prefix, name string) *Etcd {
	t.Helper()
	e, err := Open(Config{Endpoints: []string{server.URL}, Prefix: prefix, Name: name, Lease: 2 * time.Second, Timeout: 5 * time.Second})
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lead(t *testing.T, e *Etcd) *Term {
	t.Helper()
	term, err := e.TryLead(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = term.Close() })
	return term
}

func journal(t *testing.T, term *Term) *record.Journal {
	t.Helper()
	key, err := term.MarkKey(t.Context())
	must(t, err)
	j, err := record.OpenStore(in(term), key, nil)
	must(t, err)
	return j
}

// in returns a store that is written to in a term.
func in(term *Term) *Store {
	s := term.etcd.Store()
	s.WriteIn(term)
	return s
}

func note(commit string) record.Entry {
	return record.Entry{Commit: commit, Environment: "prod", State: record.Held}
}

// commits names the commits in the journal, oldest first, as someone reads it who has just come.
func commits(t *testing.T, e *Etcd) string {
	t.Helper()
	view, err := record.ReadStore(e.Store(), nil)
	must(t, err)
	entries, err := view.Entries(record.Filter{})
	must(t, err)
	text := ""
	for _, entry := range entries {
		text = entry.Commit + " " + text
	}
	report, err := record.VerifyStore(e.Store())
	must(t, err)
	if report.Broken != 0 || report.Entries != len(entries) {
		t.Errorf("chain: %+v", report)
	}
	return strings.TrimSpace(text)
}

func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if want != got {
		t.Errorf("%s: want %v, got %v", what, want, got)
	}
}

// TestEtcd runs against one real server; each part has a prefix of its own.
func TestEtcd(t *testing.T) {
	server := etcdtest.Start(t)
	for name, part := range map[string]func(*testing.T, *etcdtest.Server, string){
		"journal":          journalInEtcd,
		"long lines":       longLines,
		"one leads":        oneLeads,
		"fenced":           fencedWrites,
		"late write":       lateWrite,
		"gap":              gapInJournal,
		"key taken away":   keyTakenAway,
		"waits":            waits,
		"compacted":        compacted,
		"campaign is left": campaignIsLeft,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, server, "/"+strings.ReplaceAll(name, " ", "-"))
		})
	}
}

func journalInEtcd(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "a")
	check(t, "an empty journal", "", commits(t, e))
	term := lead(t, e)
	j := journal(t, term)
	var want []string
	for i := range 300 { // more than is read at a time
		want = append(want, fmt.Sprint("c", i))
		must(t, j.Note(note(want[i])))
	}
	check(t, "journal", strings.Join(want, " "), commits(t, e))
	follower, err := record.ReadStore(e.Store(), nil)
	must(t, err)
	must(t, j.Note(note("one-more")))
	must(t, follower.Refresh())
	last, _ := follower.Last("prod", "")
	check(t, "the newest for a follower", "one-more", last.Commit)
	must(t, term.Close())
	check(t, "after the term", true, errors.Is(j.Note(note("late")), ErrNotLeader))
	again := journal(t, lead(t, connect(t, server, prefix, "b")))
	must(t, again.Note(note("next")))
	check(t, "journal", strings.Join(want, " ")+" one-more next", commits(t, e))
}

// longLines: a line that no request to etcd has room for is several keys, and one whose rest did not arrive is cut off.
func longLines(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "a")
	j := journal(t, lead(t, e))
	long := note("long")
	long.Error = strings.Repeat("0123456789abcdef", 200_000) // 3.2 MB
	must(t, j.Note(note("before")))
	must(t, j.Note(long))
	must(t, j.Note(note("after")))
	check(t, "journal", "before long after", commits(t, e))
	entries, err := j.Entries(record.Filter{Commit: "long"})
	must(t, err)
	check(t, "the whole of it", true, len(entries) == 1 && entries[0].Error == long.Error)

	keys, err := e.client.Get(t.Context(), prefix+"/journal/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	must(t, err)
	check(t, "keys", 6, len(keys.Kvs))
	_, err = e.client.Delete(t.Context(), string(keys.Kvs[3].Key), clientv3.WithFromKey())
	must(t, err)
	check(t, "journal with a torn tail", "before", commits(t, e))
}

func oneLeads(t *testing.T, server *etcdtest.Server, prefix string) {
	a, b := connect(t, server, prefix, "a"), connect(t, server, prefix, "b")
	first := lead(t, a)
	_, err := b.TryLead(t.Context())
	held, ok := errors.AsType[*HeldError](err)
	check(t, "who leads", true, ok && held.Name == "a")
	key, err := first.MarkKey(t.Context())
	must(t, err)
	must(t, first.Close())
	must(t, first.Close())
	second := lead(t, b)
	same, err := second.MarkKey(t.Context())
	must(t, err)
	check(t, "the key of the marks", string(key), string(same))
	check(t, "a closed term leads", true, errors.Is(first.Leads(), ErrNotLeader))
	must(t, second.Leads())
}

// fencedWrites: a leader that does not know yet that it was replaced can neither record nor cut.
func fencedWrites(t *testing.T, server *etcdtest.Server, prefix string) {
	a, b := connect(t, server, prefix, "a"), connect(t, server, prefix, "b")
	old := lead(t, a)
	stale := journal(t, old)
	must(t, stale.Note(note("c1")))
	a.revoke(old.lease) // as etcd does with the lease of a process that is frozen
	fresh := journal(t, lead(t, b))
	must(t, fresh.Note(note("c2")))
	for _, write := range []error{stale.Note(note("stale")), in(old).Cut(0)} {
		check(t, fmt.Sprintf("refused: %v", write), true, errors.Is(write, ErrNotLeader))
	}
	select {
	case <-old.Done():
		check(t, "says why", true, errors.Is(old.Why(), errLost))
	case <-time.After(10 * time.Second):
		t.Error("the old leader never notices")
	}
	must(t, fresh.Note(note("c3")))
	check(t, "journal", "c1 c2 c3", commits(t, b))
}

// lateWrite: a write that was given up and arrives later than what was written in its place changes nothing; one that arrives
// sooner is removed.
func lateWrite(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "a")
	term := lead(t, e)
	j := journal(t, term)
	must(t, j.Note(note("c1")))
	late := in(term)
	end, err := late.before(t.Context(), 1<<20)
	must(t, err)
	must(t, late.Append([]byte("given up\n"), end.end))
	if err := j.Note(note("c2")); err == nil {
		t.Error("a line was written though another stood behind the last")
	}
	must(t, j.Note(note("c2")))
	if err := late.Append([]byte("given up\n"), end.end); err == nil {
		t.Error("a late line was written over another")
	}
	check(t, "journal", "c1 c2", commits(t, e))
}

// gapInJournal: a key that is missing is never taken for the end.
func gapInJournal(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "a")
	j := journal(t, lead(t, e))
	for i := range 5 {
		must(t, j.Note(note(fmt.Sprint("c", i))))
	}
	keys, err := e.client.Get(t.Context(), prefix+"/journal/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	must(t, err)
	for i := range 4 {
		found, err := e.client.Get(t.Context(), string(keys.Kvs[i].Key))
		must(t, err)
		_, err = e.client.Delete(t.Context(), string(keys.Kvs[i].Key))
		must(t, err)
		if view, err := record.ReadStore(e.Store(), nil); err == nil {
			entries, _ := view.Entries(record.Filter{})
			t.Errorf("key %d is gone: read as %d entries", i, len(entries))
		}
		_, err = e.client.Put(t.Context(), string(keys.Kvs[i].Key), string(found.Kvs[0].Value))
		must(t, err)
	}
	check(t, "journal", "c0 c1 c2 c3 c4", commits(t, e))
}

// keyTakenAway: a leader whose key a person has removed notices at its next renewal.
func keyTakenAway(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "a")
	term := lead(t, e)
	_, err := e.client.Delete(t.Context(), e.leaderKey())
	must(t, err)
	select {
	case <-term.Done():
	case <-time.After(10 * time.Second):
		t.Error("it leads on")
	}
	check(t, "leads", true, errors.Is(term.Leads(), ErrNotLeader))
}

// winner returns the term that a campaign has won.
func winner(t *testing.T, won <-chan *Term) *Term {
	t.Helper()
	term, ok := <-won
	if !ok {
		t.FailNow()
	}
	return term
}

// waits: a candidate leads as soon as the term before it is closed, without waiting for its lease.
func waits(t *testing.T, server *etcdtest.Server, prefix string) {
	a, b := connect(t, server, prefix, "a"), connect(t, server, prefix, "b")
	b.config.Lease = time.Minute
	first := lead(t, a)
	told := make(chan string, 10)
	won := make(chan *Term, 1)
	go func() {
		term, err := b.Campaign(within(t), func(leader Leader, err error) { told <- fmt.Sprint(leader.Name, err) })
		if err != nil {
			t.Error(err)
			close(won)
			return
		}
		won <- term
	}()
	check(t, "told", "a<nil>", <-told)
	closed := time.Now()
	must(t, first.Close())
	second := winner(t, won)
	defer second.Close()
	must(t, second.Leads())
	if took := time.Since(closed); took > 10*time.Second {
		t.Errorf("takeover took %s", took)
	}
}

// compacted: a candidate watches though etcd has forgotten when the leader's key was made, and looks at the pace of leases.
func compacted(t *testing.T, server *etcdtest.Server, prefix string) {
	a, b := connect(t, server, prefix, "a"), connect(t, server, prefix, "b")
	b.config.Lease = time.Minute
	first := lead(t, a)
	put, err := a.client.Put(t.Context(), prefix+"/other", "x")
	must(t, err)
	// Other parts read at the newest revision only.
	_, err = a.client.Compact(t.Context(), put.Header.Revision)
	must(t, err)
	told, won := make(chan Leader, 100), make(chan *Term, 1)
	go func() {
		term, err := b.Campaign(within(t), func(leader Leader, _ error) { told <- leader })
		if err != nil {
			t.Error(err)
			close(won)
			return
		}
		won <- term
	}()
	check(t, "told", "a", (<-told).Name)
	select {
	case <-told:
		t.Error("it looked again at once")
	case <-time.After(3 * again / 2):
	}
	must(t, first.Close())
	second := winner(t, won)
	defer second.Close()
	must(t, second.Leads())

	forgotten, err := b.Leader(t.Context())
	must(t, err)
	begun := time.Now()
	b.wait(t.Context(), Leader{Name: "b", since: forgotten.since, seen: 1}, false)
	if took := time.Since(begun); took < again || took > 30*time.Second {
		t.Errorf("it looked again %s after a watch that etcd refused", took)
	}
}

// campaignIsLeft: a candidate that goes away leaves nothing that stands in the way of others.
func campaignIsLeft(t *testing.T, server *etcdtest.Server, prefix string) {
	a, b, c := connect(t, server, prefix, "a"), connect(t, server, prefix, "b"), connect(t, server, prefix, "c")
	first := lead(t, a)
	ctx, cancel := context.WithCancel(within(t))
	left := make(chan error, 1)
	go func() {
		_, err := b.Campaign(ctx, func(Leader, error) { cancel() })
		left <- err
	}()
	check(t, "left", true, errors.Is(<-left, context.Canceled))
	must(t, first.Close())
	must(t, lead(t, c).Leads())
}

// TestLostEtcd: a leader stops when etcd is silent, a candidate says why it waits, and both go on when it is back.
func TestLostEtcd(t *testing.T) {
	server := etcdtest.Start(t)
	e := connect(t, server, "/lost", "a")
	term := lead(t, e)
	j := journal(t, term)
	must(t, j.Note(note("c1")))
	server.Freeze(t)
	select {
	case <-term.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("it leads on without etcd")
	}
	if err := j.Note(note("lost")); !errors.Is(err, ErrNotLeader) {
		t.Errorf("write without etcd: %v", err)
	}
	if _, err := record.ReadStore(e.Store(), nil); err == nil {
		t.Error("an etcd that is silent was read as an empty journal")
	}
	told, won := make(chan error, 100), make(chan *Term, 1)
	go func() {
		term, err := e.Campaign(within(t), func(_ Leader, err error) { told <- err })
		if err != nil {
			t.Error(err)
			close(won)
			return
		}
		won <- term
	}()
	if err := <-told; err == nil {
		t.Error("a candidate does not say that etcd is silent")
	}
	server.Thaw(t)
	second := winner(t, won)
	defer second.Close()
	must(t, journal(t, second).Note(note("c2")))
	check(t, "journal", "c1 c2", commits(t, e))
}
