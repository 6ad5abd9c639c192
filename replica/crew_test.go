//go:build unix

package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// hands is the work of a member of a crew in a test.
type hands struct {
	name string
	held chan struct{} // nil: a task is done at once; else when it speaks, or is withdrawn

	mu        sync.Mutex
	begun     []string // tasks
	withdrawn int
	forgotten map[string]int
}

func (h *hands) Do(ctx context.Context, group string, task []byte) []byte {
	h.mu.Lock()
	h.begun = append(h.begun, group+" "+string(task))
	h.mu.Unlock()
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

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("%s: waited in vain", what)
		}
	}
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
	check(t, "holder as the others see it", true, slices.Contains([]string{"replica-0", "replica-1", "replica-2"}, mates[0].Holder("a")))
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
			answer, err := desk.Ask(t.Context(), group, []byte("carry"))
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
			answer, err := desk.Ask(t.Context(), group, []byte(task))
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
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		eventually(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
		stop()
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
	go func() { _, _ = desk.Ask(t.Context(), "eu", []byte("carry")) }()
	eventually(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
	must(t, old.Close())
	term := lead(t, connect(t, server, prefix, "next"))
	must(t, term.Withdraw(t.Context()))
	next := m.Desk(term)
	check(t, "withdrawn when the next term begins", 1, m.hands.withdrawn)
	// A task that the old leader has put there in the last moment.
	_, err := m.etcd.client.Put(t.Context(), m.key("tasks/", "us"), join(old.since, []byte("late")))
	must(t, err)
	close(m.hands.held)
	answer, err := next.Ask(t.Context(), "eu", []byte("look"))
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
		eventually(t, "the task is begun", func() bool { return len(first.hands.tasks()) == 1 })
		second.Serve([]string{"eu"})
		_ = silent.client.Close() // from now on it hears nothing and says nothing
	}()
	answer, err := desk.Ask(t.Context(), "eu", []byte("carry"))
	must(t, err)
	check(t, "answer", "carry by second", string(answer))
	check(t, "told of the loss", "eu", <-lost)
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
		eventually(t, "the task is begun", func() bool { return len(m.hands.tasks()) == 1 })
		_, _ = m.etcd.client.Delete(t.Context(), m.key("groups/", "eu"))
		eventually(t, "it is begun anew", func() bool { return len(m.hands.tasks()) == 2 })
		close(m.hands.held)
	}()
	answer, err := desk.Ask(t.Context(), "eu", []byte("look"))
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
