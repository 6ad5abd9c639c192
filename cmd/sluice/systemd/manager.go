package systemd

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// Manager is the service manager that started this process, if one did. Its methods are safe to call from any goroutine.
type Manager struct {
	Log *zap.Logger // takes the notes that can't be sent; it must be there
}

// Reloading tells that the daemon's file is read again. The function that it returns tells that this is done.
func (m Manager) Reloading() (done func()) {
	m.tell(daemon.SdNotifyReloading, strings.TrimSuffix(daemon.SdNotifyMonotonicUsec(), "\n"))
	return func() { m.tell(daemon.SdNotifyReady) }
}

// tell sends assignments in one datagram. A manager that does not listen is no trouble of the daemon's.
func (m Manager) tell(assignments ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(assignments, "\n")); err != nil {
		m.Log.Debug("service manager: tell it", zap.Error(err))
	}
}

// status is the assignment that shows a line to people. Whatever is in the line, it assigns nothing else.
func status(line string) string {
	return "STATUS=" + strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
}

// watchdog is how often the manager wants to hear that the daemon lives; zero: not at all.
func (m Manager) watchdog() time.Duration {
	within, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		m.Log.Warn("service manager: the watchdog is not fed", zap.Error(fmt.Errorf("read its variables: %w", err)))
		return 0
	}
	return within
}
