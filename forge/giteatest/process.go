package giteatest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// stopTime is how long Gitea may take to end when it is asked to.
const stopTime = 20 * time.Second

// process is a program that runs; it is named by its id, never by its name.
type process struct {
	os    *os.Process
	ended chan struct{} // closed once it has ended
}

// start runs a command. It does not outlive the tests, however they end, where the system can see to that.
func start(command *exec.Cmd) (*process, error) {
	p := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // what dies with its parent dies with the thread that started it
		defer runtime.UnlockOSThread()
		command.SysProcAttr = diesWithParent()
		err := command.Start()
		p.os = command.Process
		started <- err
		if err == nil {
			_ = command.Wait() // that it was told to end is no news
			close(p.ended)
		}
	}()
	return p, <-started
}

// stop asks the program to end, and ends it when it takes too long.
func (p *process) stop() error {
	if err := p.os.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
	}
	if err := p.os.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}
