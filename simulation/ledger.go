package simulation

import (
	"encoding/json"
	"slices"

	"github.com/sluice-gitops/sluice/record"
)

// ledger is what the durable journal says, as somebody else reads it.
type ledger struct {
	lines []journalLine
	open  map[string]record.Entry // by gateway group: begun, not finished
	// statuses are the lines that ask for a status, oldest first.
	statuses map[address][]int
	pauses   map[string]record.Pause // by environment, as somebody has asked for them by a call
	back     map[string]record.Entry // by environment: what is being taken back
}

// journalLine is a line of the journal.
type journalLine struct {
	at    int
	Type  string        `json:"type"`
	Entry *record.Entry `json:"entry"`
	Pause *record.Pause `json:"pause"`
}

func newLedger() *ledger {
	return &ledger{open: map[string]record.Entry{}, statuses: map[address][]int{}, pauses: map[string]record.Pause{}, back: map[string]record.Entry{}}
}

func readLine(raw []byte, at int) journalLine {
	line := journalLine{at: at}
	if err := json.Unmarshal(raw, &line); err != nil {
		panic(err) // the journal has checked it
	}
	return line
}

func (l *ledger) add(line journalLine) {
	l.lines = append(l.lines, line)
	l.addPause(line)
	if e := line.Entry; e != nil && e.Status.Context != "" {
		at := address{e.Commit, e.Status.Context}
		l.statuses[at] = append(l.statuses[at], len(l.lines)-1)
	}
	if line.Entry == nil {
		return
	}
	open, at := l.open, line.Entry.Group
	if at == "" {
		open, at = l.back, line.Entry.Environment
	}
	switch line.Type {
	case "begin":
		open[at] = *line.Entry
	case "finish":
		delete(open, at)
	}
}

func (l *ledger) addPause(line journalLine) {
	switch line.Type {
	case "pause":
		l.pauses[line.Pause.Environment] = *line.Pause
	case "resume":
		delete(l.pauses, line.Pause.Environment)
	}
}

// cutTo forgets the lines from a place on.
func (l *ledger) cutTo(size int) {
	kept := l.lines
	*l = *newLedger()
	for _, line := range kept {
		if line.at < size {
			l.add(line)
		}
	}
}

// ends returns the final entries of an environment as a whole, for one commit or, with "", for all; oldest first.
func (l *ledger) ends(environment, commit string) []record.Entry {
	var found []record.Entry
	for _, line := range l.lines {
		e := line.Entry
		if e != nil && line.Type != "show" && e.Environment == environment && e.Group == "" && e.State.Final() && (commit == "" || e.Commit == commit) {
			found = append(found, *e)
		}
	}
	return found
}

// done reports whether an environment has ever applied and verified a commit.
func (l *ledger) done(environment, commit string) bool {
	for _, e := range l.ends(environment, commit) {
		if e.State == record.Applied || e.State == record.Unchanged {
			return true
		}
	}
	return false
}

// lastDone is the commit that an environment has applied last; "" when there is none.
func (l *ledger) lastDone(environment string) string {
	last := ""
	for _, e := range l.ends(environment, "") {
		if e.State == record.Applied || e.State == record.Unchanged {
			last = e.Commit
		}
	}
	return last
}

// lastApplied is the commit that was applied last to a gateway group by itself; "" when there is none.
func (l *ledger) lastApplied(group string) string {
	last, _ := l.lastEntry(group)
	return last.Commit
}

// lastEntry is the entry by which a gateway group was applied last by itself.
func (l *ledger) lastEntry(group string) (last record.Entry, ok bool) {
	for _, line := range slices.Backward(l.lines) {
		if e := line.Entry; e != nil && e.Group == group && e.State == record.Applied {
			return *e, true
		}
	}
	return last, false
}
