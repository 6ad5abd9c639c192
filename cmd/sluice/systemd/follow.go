package systemd

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/sluice-gitops/sluice/reconciler"
)

// lookEvery is how old the line that the manager shows may be.
const lookEvery = 2 * time.Second

// Follow tells the manager that the daemon is ready, then what it does, as read from now. When ctx ends it tells that the daemon is
// stopping. The watchdog is fed only after now has answered, so a daemon that is stuck is noticed. The function that it returns ends
// all that; call it when the daemon has stopped.
func (m Manager) Follow(ctx context.Context, now func() reconciler.Status) (end func()) {
	follower := follower{Manager: m, now: now, ended: make(chan struct{})}
	gone := make(chan struct{})
	go func() { defer close(gone); follower.run(ctx.Done()) }()
	return func() { close(follower.ended); <-gone }
}

// follower is owned by the goroutine of run.
type follower struct {
	Manager
	now   func() reconciler.Status // nil once the daemon stops
	ended chan struct{}
	shown string
}

func (f *follower) run(stopping <-chan struct{}) {
	every, within := lookEvery, f.watchdog()
	if within > 0 {
		every = min(every, within/2)
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	f.show(daemon.SdNotifyReady)
	for {
		select {
		case <-ticker.C:
			f.look(within > 0)
		case <-stopping:
			stopping, f.now = nil, nil
			f.tell(daemon.SdNotifyStopping, status("stopping: the changes under way finish first"))
		case <-f.ended:
			return
		}
	}
}

// look reads what the daemon does, and shows it when it is new.
func (f *follower) look(fed bool) {
	if fed {
		f.show(daemon.SdNotifyWatchdog)
		return
	}
	f.show()
}

// show sends assignments, with the line when it is another than before.
func (f *follower) show(assignments ...string) {
	if f.now != nil {
		if line := Line(f.now()); line != f.shown {
			f.shown = line
			assignments = append(assignments, status(line))
		}
	}
	if len(assignments) > 0 {
		f.tell(assignments...)
	}
}
