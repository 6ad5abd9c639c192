//go:build unix

package replica

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// TestErrands runs against one real server; each part has a prefix of its own.
func TestErrands(t *testing.T) {
	server := etcdtest.Start(t)
	for name, part := range map[string]func(*testing.T, *etcdtest.Server, string){
		"each once": errandsAreRunOnce,
		"nobody":    errandForNobody,
		"too late":  errandTakenAndNotAnswered,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, server, "/errands-"+strings.ReplaceAll(name, " ", "-"))
		})
	}
}

// errandsAreRunOnce: many that are sent at once are each done once and answered, over a change of leaders.
func errandsAreRunOnce(t *testing.T, server *etcdtest.Server, prefix string) {
	var mu sync.Mutex
	done := map[string]int{}
	serve := func(name string) (end func()) {
		term := lead(t, connect(t, server, prefix, name))
		ctx, stop := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() {
			term.Errands(ctx, func(errand []byte) []byte {
				mu.Lock()
				defer mu.Unlock()
				done[string(errand)]++
				return []byte("done: " + string(errand))
			})
		})
		return func() { stop(); serving.Wait(); must(t, term.Close()) }
	}
	sender := connect(t, server, prefix, "standby")
	send := func(from, to int) *sync.WaitGroup {
		var sent sync.WaitGroup
		for i := from; i < to; i++ {
			sent.Go(func() {
				errand := fmt.Sprint("errand-", i)
				answer, err := sender.Send(within(t), []byte(errand))
				if err != nil || string(answer) != "done: "+errand {
					t.Errorf("%s: %q, %v", errand, answer, err)
				}
			})
		}
		return &sent
	}
	early := send(0, 10) // before anybody leads
	end := serve("a")
	early.Wait()
	middle := send(10, 20)
	end()
	defer serve("b")()
	middle.Wait()
	for errand, times := range done {
		check(t, errand, 1, times)
	}
	check(t, "errands", 20, len(done))
	left, err := sender.client.Get(t.Context(), sender.errands())
	must(t, err)
	check(t, "left in etcd", 0, len(left.Kvs))
}

// errandForNobody: what nobody has taken is taken back, and a leader that comes later does not do it.
func errandForNobody(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "standby")
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	_, err := e.Send(ctx, []byte("late"))
	check(t, fmt.Sprint("unanswered: ", err), true, errors.Is(err, ErrUnanswered))
	seen, err := lead(t, e).runErrands(t.Context(), func([]byte) []byte {
		t.Error("it was done all the same")
		return nil
	})
	must(t, err)
	check(t, "looked", true, seen > 0)
}

// errandTakenAndNotAnswered: who can't know whether it was done says so.
func errandTakenAndNotAnswered(t *testing.T, server *etcdtest.Server, prefix string) {
	e := connect(t, server, prefix, "standby")
	ctx, stop := context.WithCancel(within(t))
	term := lead(t, connect(t, server, prefix, "leader"))
	answered := make(chan struct{})
	go term.Errands(within(t), func([]byte) []byte {
		stop()
		<-answered
		return nil
	})
	_, err := e.Send(ctx, []byte("slow"))
	close(answered)
	check(t, fmt.Sprint("taken: ", err), true, errors.Is(err, ErrTaken))
}
