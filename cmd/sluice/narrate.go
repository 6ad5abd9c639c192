package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// narrator prints one line for each step of an apply. The gateway groups of a wave may call it at once.
type narrator struct {
	*app
	mu    sync.Mutex
	lines int
}

func (n *narrator) observe(e reconciler.Event) {
	if e.State == record.Planning && e.Text == "" {
		return
	}
	where := e.Environment
	if e.Group != "" {
		where += "/" + e.Group
	}
	n.line(e.Commit.Short(), where, e.State, e.Text)
}

// nothingNew prints how the environment stands when there was no step to tell of.
func (n *narrator) nothingNew(status reconciler.EnvironmentStatus) {
	if n.lines == 0 {
		n.line(short(status.Target), status.Name, record.State(status.State), "nothing to change")
	}
}

func (n *narrator) line(commit, where string, state record.State, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines++
	painted := n.paintState()(state, fmt.Sprintf("%-11s", state))
	fmt.Fprintf(n.stdout, "%s  %s  %-20s  %s  %s\n", time.Now().Format(time.TimeOnly), commit, where, painted, text)
}
