//go:build unix

package replica

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// hands is the work of a member of a crew in a test.
type hands struct {
	name string
	held chan struct{}     // nil: a task is done at once; else when it speaks, or is withdrawn
	says map[string][]byte // the answers by task; nil: it says who has done it

	mu        sync.Mutex
	begun     []string // tasks
	withdrawn int
	forgotten map[string]int
}

func (h *hands) Do(ctx context.Context, group string, task []byte) []byte {
	h.mu.Lock()
	h.begun = append(h.begun, group+" "+string(task))
	h.mu.Unlock()
	if h.says != nil {
		return h.says[string(task)]
	}
	if h.held != nil {
		select {
		case <-h.held:
		case <-ctx.Done():
			h.mu.Lock()
			h.withdrawn++
			h.mu.Unlock()
			return []byte("stopped")
		}
	}
	return fmt.Appendf(nil, "%s by %s", task, h.name)
}

func (h *hands) Forget(group string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.forgotten == nil {
		h.forgotten = map[string]int{}
	}
	h.forgotten[group]++
}

func (h *hands) tasks() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.begun)
}

// mate is a member of a crew.
type mate struct {
	*Crew
	hands *hands
	leave func() // and wait
}

func enlist(t *testing.T, e *Etcd, hands *hands, groups ...string) *mate {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	m := &mate{Crew: e.Crew(groups, hands), hands: hands}
	ended := make(chan struct{})
	go func() { defer close(ended); m.Run(ctx) }()
	m.leave = func() { stop(); <-ended }
	t.Cleanup(m.leave)
	return m
}

// eventually ends the test when something does not come to be.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	if !comes(t, what, is) {
		t.FailNow()
	}
}

// comes reports whether something comes to be. Unlike eventually it is for any goroutine.
func comes(t *testing.T, what string, is func() bool) bool {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Errorf("%s: waited in vain", what)
			return false
		}
	}
	return true
}

// within ends when the test should long be over, so that an answer that never comes is a fault and no test without an end.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestCrew runs against one real server; each part has a prefix of its own.
func TestCrew(t *testing.T) {
	server := etcdtest.Start(t)
	for name, part := range map[string]func(*testing.T, *etcdtest.Server, string){
		"balance":             groupsAreBalanced,
		"busy":                whoIsBusyStays,
		"answers":             tasksAreAnswered,
		"withdrawn":           tasksAreWithdrawn,
		"another term":        tasksOfAnotherTerm,
		"lost holder":         lostHolder,
		"nobody holds":        nobodyHolds,
		"key of a group gone": keyOfAGroupGone,
		"another file":        anotherFile,
		"large answers":       answersAreLarge,
		"mark of who lost":    marksOfWhoHasLostAGroup,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, server, "/crew-"+strings.ReplaceAll(name, " ", "-"))
		})
	}
}

var sixGroups = []string{"a", "b", "c", "d", "e", "f"}

func groupsAreBalanced(t *testing.T, server *etcdtest.Server, prefix string) {
	var mates []*mate
	holdAll := func(each int) func() bool {
		return func() bool {
			all := map[string]bool{}
			for _, m := range mates {
				held := m.Held()
				for _, group := range held {
					all[group] = true
				}
				if len(held) != each {
					return false
				}
			}
			return len(all) == len(sixGroups)
		}
	}
	for i := range 3 {
		name := fmt.Sprint("replica-", i)
		mates = append(mates, enlist(t, connect(t, server, prefix, name), &hands{name: name}, sixGroups...))
		eventually(t, fmt.Sprintf("%d share six groups", i+1), holdAll(6/(i+1)))
	}
	eventually(t, "each sees who holds a group", func() bool {
		return slices.Contains([]string{"replica-0", "replica-1", "replica-2"}, mates[0].Holder("a"))
	})
	gone := mates[0]
	given := gone.Held()
	gone.leave()
	mates = mates[1:]
	eventually(t, "two share six groups again", holdAll(3))
	for _, group := range given {
		check(t, "what "+group+" was like is forgotten", true, gone.hands.forgotten[group] > 0)
		check(t, "fence of who has left", true, errors.Is(gone.Holds(group), ErrNotHolder))
	}
}

// whoIsBusyStays: a group at which something is under way moves only when that has ended.
func whoIsBusyStays(t *testing.T, server *etcdtest.Server, prefix string) {
	first := enlist(t, connect(t, server, prefix, "first"), &hands{name: "first", held: make(chan struct{})}, sixGroups...)
	eventually(t, "one holds all", func() bool { return len(first.Held()) == 6 })
	desk := first.Desk(lead(t, first.etcd))
	var asked sync.WaitGroup
	for _, group := range sixGroups {
		asked.Go(func() {
			answer, err := desk.Ask(within(t), group, []byte("carry"))
			if err != nil || string(answer) != "carry by first" {
				t.Errorf("%s: %q, %v", group, answer, err)
			}
		})
	}
	eventually(t, "all are begun", func() bool { return len(first.hands.tasks()) == 6 })
	second := enlist(t, connect(t, server, prefix, "second"), &hands{name: "second"}, sixGroups...)
	eventually(t, "the second is there", func() bool { return len(first.mirror.below("members/")) == 2 })
	pause(t.Context(), 300*time.Millisecond)
	check(t, "groups that moved while they were worked at", 0, len(second.Held()))
	close(first.hands.held)
	asked.Wait()
	eventually(t, "each holds its part", func() bool { return len(first.Held()) == 3 && len(second.Held()) == 3 })
}

func tasksAreAnswered(t *testing.T, server *etcdtest.Server, prefix string) {
	var desk *Desk
	names := map[string]bool{}
	for i := range 3 {
		name := fmt.Sprint("replica-", i)
		m := enlist(t, connect(t, server, prefix, name), &hands{name: name}, sixGroups...)
		if desk == nil {
			desk = m.Desk(lead(t, m.etcd))
		}
		eventually(t, "it holds its part", func() bool { return len(m.Held()) == 6/(i+1) })
	}
	for round := range 3 {
		for _, group := range sixGroups {
			task := fmt.Sprint("look ", round)
			answer, err := desk.Ask(within(t), group, []byte(task))
			must(t, err)
			text, name, _ := strings.Cut(string(answer), " by ")
			check(t, "answer", task, text)
			names[name] = true
		}
	}
	check(t, "who has worked", "[replica-0 replica-1 replica-2]", fmt.Sprint(slices.Sorted(maps.Keys(names))))
}

// tasksAreWithdrawn: when who asks gives up, what is under way stops, and only then does the asking end, with what it came to.
func tasksAreWithdrawn(t *testing.T, server *etcdtest.Server, prefix string) {
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one", held: make(chan struct{})}, "eu")
	desk := m.Desk(lead(t, m.etcd))
	ctx, stop := context.WithCancel(within(t))
	go func() {
		defer stop()
		comes(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
	}()
	answer, err := desk.Ask(ctx, "eu", []byte("carry"))
	must(t, err)
	check(t, "answer", "stopped", string(answer))
	check(t, "withdrawn", 1, m.hands.withdrawn)
	_, working := m.mirror.get("working/eu")
	check(t, "still working", false, working)
}

// tasksOfAnotherTerm: what a leader of before has asked for stops before the next one begins, and is never begun later.
func tasksOfAnotherTerm(t *testing.T, server *etcdtest.Server, prefix string) {
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one", held: make(chan struct{})}, "eu", "us")
	eventually(t, "it holds both", func() bool { return len(m.Held()) == 2 })
	before := connect(t, server, prefix, "before")
	old := lead(t, before)
	desk := m.Desk(old)
	go func() { _, _ = desk.Ask(within(t), "eu", []byte("carry")) }()
	eventually(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
	must(t, old.Close())
	term := lead(t, connect(t, server, prefix, "next"))
	must(t, term.Withdraw(within(t)))
	next := m.Desk(term)
	check(t, "withdrawn when the next term begins", 1, m.hands.withdrawn)
	// A task that the old leader has put there in the last moment.
	_, err := m.etcd.client.Put(t.Context(), m.key("tasks/", "us"), join(old.since, []byte("late")))
	must(t, err)
	close(m.hands.held)
	answer, err := next.Ask(within(t), "eu", []byte("look"))
	must(t, err)
	check(t, "answer", "look by one", string(answer))
	pause(t.Context(), 200*time.Millisecond)
	check(t, "begun", "[eu carry eu look]", fmt.Sprint(m.hands.tasks()))
}

// lostHolder: when a holder falls silent, the next one begins its task anew, and the one that was lost can prove nothing.
func lostHolder(t *testing.T, server *etcdtest.Server, prefix string) {
	silent := connect(t, server, prefix, "silent")
	first := enlist(t, silent, &hands{name: "silent", held: make(chan struct{})}, "eu")
	eventually(t, "it holds the group", func() bool { return first.Holds("eu") == nil })
	second := enlist(t, connect(t, server, prefix, "second"), &hands{name: "second"})
	desk := second.Desk(lead(t, second.etcd))
	lost := make(chan string, 4)
	desk.Lost = func(group string) { lost <- group }
	go func() {
		comes(t, "the task is begun", func() bool { return len(first.hands.tasks()) == 1 })
		second.Serve([]string{"eu"})
		_ = silent.client.Close() // from now on it hears nothing and says nothing
	}()
	answer, err := desk.Ask(within(t), "eu", []byte("carry"))
	must(t, err)
	check(t, "answer", "carry by second", string(answer))
	select {
	case group := <-lost:
		check(t, "told of the loss", "eu", group)
	default: // before the answer, or never
		t.Error("nobody is told that the holder was lost")
	}
	check(t, "fence of who was lost", true, errors.Is(first.Holds("eu"), ErrNotHolder))
}

func nobodyHolds(t *testing.T, server *etcdtest.Server, prefix string) {
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one"}, "eu")
	desk := m.Desk(lead(t, m.etcd))
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	_, err := desk.Ask(ctx, "us", []byte("look"))
	check(t, "ends with ctx", true, errors.Is(err, context.DeadlineExceeded))
	if _, there := m.mirror.get("tasks/us"); there {
		t.Error("the task still stands")
	}
}

// keyOfAGroupGone: who loses the key of a group to a person stops at once, and takes it again.
func keyOfAGroupGone(t *testing.T, server *etcdtest.Server, prefix string) {
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one", held: make(chan struct{})}, "eu")
	desk := m.Desk(lead(t, m.etcd))
	go func() {
		defer close(m.hands.held)
		comes(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
		_, _ = m.etcd.client.Delete(t.Context(), m.key("groups/", "eu"))
		comes(t, "it is begun anew", func() bool { return len(m.hands.tasks()) == 2 })
	}()
	answer, err := desk.Ask(within(t), "eu", []byte("look"))
	must(t, err)
	check(t, "answer", "look by one", string(answer))
	check(t, "withdrawn", 1, m.hands.withdrawn)
}

func anotherFile(t *testing.T, server *etcdtest.Server, prefix string) {
	first := enlist(t, connect(t, server, prefix, "first"), &hands{name: "first"}, "eu", "us")
	second := enlist(t, connect(t, server, prefix, "second"), &hands{name: "second"}, "eu")
	eventually(t, "each holds one", func() bool { return len(first.Held()) == 1 && len(second.Held()) == 1 })
	check(t, "who knows it", "us", first.Held()[0])
	second.Serve([]string{"us"})
	first.Serve([]string{"eu"})
	eventually(t, "they have changed over", func() bool {
		return fmt.Sprint(first.Held(), second.Held()) == "[eu] [us]"
	})
}

// answersAreLarge: an answer that one key has no room for comes whole, and a smaller one after it leaves nothing of it.
func answersAreLarge(t *testing.T, server *etcdtest.Server, prefix string) {
	noise := make([]byte, 2*mostPacked+1)
	_, _ = rand.Read(noise)
	says := map[string][]byte{"noise": noise, "little": []byte("little")}
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one", says: says}, "eu")
	desk := m.Desk(lead(t, m.etcd))
	for _, step := range []struct {
		task  string
		parts int // beside the first
	}{{"noise", 2}, {"little", 0}} {
		answer, err := desk.Ask(within(t), "eu", []byte(step.task))
		must(t, err)
		check(t, "answer to "+step.task, true, bytes.Equal(answer, says[step.task]))
		check(t, "parts of "+step.task, step.parts, len(m.mirror.below("parts/")))
	}
}

// marksOfWhoHasLostAGroup: who loses a group while it works there takes its mark away at the end: a term that waits for the end of all
// work begins.
func marksOfWhoHasLostAGroup(t *testing.T, server *etcdtest.Server, prefix string) {
	m := enlist(t, connect(t, server, prefix, "one"), &hands{name: "one", held: make(chan struct{})}, "eu")
	before := lead(t, connect(t, server, prefix, "before"))
	go func() { _, _ = m.Desk(before).Ask(within(t), "eu", []byte("carry")) }()
	eventually(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
	must(t, before.Close())
	// A person gives the group to nobody, and takes the task away.
	_, err := m.etcd.client.Put(t.Context(), m.key("groups/", "eu"), "nobody")
	must(t, err)
	_, err = m.etcd.client.Txn(t.Context()).Then(
		clientv3.OpDelete(m.key("tasks/", "eu")), clientv3.OpDelete(m.key("groups/", "eu")),
	).Commit()
	must(t, err)
	_, err = m.etcd.client.Put(t.Context(), m.key("groups/", "eu"), "nobody")
	must(t, err)
	must(t, lead(t, connect(t, server, prefix, "next")).Withdraw(within(t)))
	check(t, "withdrawn", 1, m.hands.withdrawn)
}
