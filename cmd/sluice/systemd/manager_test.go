package systemd_test

import (
	"context"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"github.com/sluice-gitops/sluice/cmd/sluice/systemd"
	"github.com/sluice-gitops/sluice/reconciler"
)

// listen takes the place of the service manager, and returns what is told, one datagram after the other.
func listen(t *testing.T) <-chan []string {
	t.Helper()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan []string, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buffer := make([]byte, 64<<10); ; {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			told <- strings.Split(string(buffer[:n]), "\n")
		}
	}()
	t.Cleanup(func() { socket.Close(); <-ended })
	t.Setenv("NOTIFY_SOCKET", socket.LocalAddr().String())
	return told
}

// hear returns the next datagram that says something but that the daemon lives.
func hear(t *testing.T, told <-chan []string) []string {
	t.Helper()
	for {
		select {
		case assignments := <-told:
			if !slices.Equal(assignments, []string{"WATCHDOG=1"}) {
				return assignments
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is told")
		}
	}
}

func TestFollow(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	told := listen(t)
	t.Setenv("WATCHDOG_USEC", "40000") // which makes it look every 20 ms
	var now atomic.Pointer[reconciler.Status]
	now.Store(&reconciler.Status{})
	ctx, stop := context.WithCancel(t.Context())
	end := systemd.Manager{Log: zaptest.NewLogger(t)}.Follow(ctx, func() reconciler.Status { return *now.Load() })

	if got, want := hear(t, told), []string{"READY=1", "STATUS=looking at the config repo"}; !slices.Equal(got, want) {
		t.Errorf("at the start: got %q, want %q", got, want)
	}
	now.Store(&reconciler.Status{Head: "7c3f3ae0", Environments: []reconciler.EnvironmentStatus{{Name: "test", State: "applied"}}})
	if got, want := hear(t, told), []string{"WATCHDOG=1", "STATUS=7c3f3ae: 1 of 1 environments applied"}; !slices.Equal(got, want) {
		t.Errorf("after a pass: got %q, want %q", got, want)
	}
	stop()
	if got := hear(t, told); got[0] != "STOPPING=1" || len(got) != 2 || !strings.HasPrefix(got[1], "STATUS=stopping") {
		t.Errorf("at the end: got %q", got)
	}
	select {
	case got := <-told:
		if !slices.Equal(got, []string{"WATCHDOG=1"}) {
			t.Errorf("while it stops: got %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the watchdog is not fed while the changes under way finish")
	}
	end()
}

// TestADaemonThatIsStuckDoesNotFeedTheWatchdog holds that the watchdog is fed by a daemon that answers, not by a timer.
func TestADaemonThatIsStuckDoesNotFeedTheWatchdog(t *testing.T) {
	told := listen(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	stuck, asked := make(chan struct{}), make(chan struct{})
	calls := 0
	end := systemd.Manager{Log: zaptest.NewLogger(t)}.Follow(t.Context(), func() reconciler.Status {
		if calls++; calls == 3 {
			close(asked)
			<-stuck
		}
		return reconciler.Status{}
	})
	<-asked
	<-told // ready
	<-told // fed once, before the third question
	select {
	case got := <-told:
		t.Errorf("a daemon that is stuck tells %q", got)
	case <-time.After(100 * time.Millisecond): // five times what the watchdog waits
	}
	close(stuck)
	end()
}

func TestReloading(t *testing.T) {
	told := listen(t)
	done := systemd.Manager{Log: zaptest.NewLogger(t)}.Reloading()
	begun := hear(t, told)
	if len(begun) != 2 || begun[0] != "RELOADING=1" || !regexp.MustCompile(`^MONOTONIC_USEC=[1-9][0-9]*$`).MatchString(begun[1]) {
		t.Errorf("got %q", begun)
	}
	done()
	if got := hear(t, told); !slices.Equal(got, []string{"READY=1"}) {
		t.Errorf("got %q", got)
	}
}

// TestNoManager holds that nothing is asked and nothing fails where no service manager listens, or one that has gone.
func TestNoManager(t *testing.T) {
	for name, socket := range map[string]string{"none": "", "gone": filepath.Join(t.TempDir(), "gone")} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTIFY_SOCKET", socket)
			m := systemd.Manager{Log: zaptest.NewLogger(t)}
			m.Reloading()()
			m.Follow(t.Context(), func() reconciler.Status { return reconciler.Status{} })()
		})
	}
}
