package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// narrator tells what happens as it happens, one line a step.
type narrator struct {
	mu     sync.Mutex
	out    io.Writer
	paint  func(state record.State, text string) string
	commit string
	last   map[string]string // the last line of each environment and group, told once
}

func newNarrator(out io.Writer, paint func(record.State, string) string) *narrator {
	return &narrator{out: out, paint: paint, last: map[string]string{}}
}

// observe is told by the reconciler, from several goroutines at once.
func (n *narrator) observe(e reconciler.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	where := e.Environment
	if e.Group != "" {
		where += "/" + e.Group
	}
	told := e.Commit.Hash + string(e.State) + e.Text + e.Detail
	if n.last[where] == told && !e.Drift || quietState(e) {
		return
	}
	n.last[where] = told
	if e.Commit.Hash != n.commit {
		n.commit = e.Commit.Hash
		fmt.Fprintf(n.out, "\n  %s %s\n", e.Commit.Short(), e.Commit.Subject)
	}
	state := string(e.State)
	if e.Drift {
		state = "drift"
	}
	text := strings.ReplaceAll(e.Text, "\n", "; ")
	fmt.Fprintf(n.out, "  %s  %-13s %s %s\n", time.Now().Format(time.TimeOnly), where, n.paint(e.State, fmt.Sprintf("%-10s", state)), text)
	if e.Detail != "" {
		fmt.Fprintf(n.out, "      %s\n", strings.ReplaceAll(e.Detail, "\n", "\n      "))
	}
}

// quietState leaves out steps that say nothing to a person who watches.
func quietState(e reconciler.Event) bool { return e.State == record.Planning && e.Text == "" }
