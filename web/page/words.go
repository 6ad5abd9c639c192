package page

import (
	"strings"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

// tone is what a state means to who looks: one of five colours. Word and shape say the same, for who sees no colours.
type tone string

const (
	good tone = "good"
	bad  tone = "bad"
	warn tone = "warn"
	busy tone = "busy"
	idle tone = "idle"
)

// look is how a state is drawn: its shape is the symbol of that name.
type look struct {
	Word string
	Tone tone
	Icon string
	Turn bool // it goes on
}

func lookOf(state string) look {
	switch s := record.State(state); s {
	case record.Applied, record.Unchanged:
		return look{Word: state, Tone: good, Icon: state}
	case record.Failed:
		return look{Word: state, Tone: bad, Icon: state}
	case record.RolledBack:
		return look{Word: "rolled back", Tone: bad, Icon: state}
	case record.Held:
		return look{Word: state, Tone: warn, Icon: state}
	case record.Planning, record.Applying, record.Verifying:
		return look{Word: state, Tone: busy, Icon: state, Turn: s == record.Applying}
	case record.Superseded, record.Queued:
		return look{Word: state, Tone: idle, Icon: state}
	}
	return otherLook(state)
}

// otherLook is for the words that are no states of a commit.
func otherLook(state string) look {
	switch state {
	case "":
		return look{Word: "nothing written", Tone: idle, Icon: "queued"}
	case "ready", insight.Same:
		return look{Word: state, Tone: good, Icon: "applied"}
	case "running":
		return look{Word: state, Tone: idle, Icon: "applied"}
	case "not-ready":
		return look{Word: "not ready", Tone: bad, Icon: "failed"}
	case insight.Differs, insight.Missing, insight.Surplus:
		return look{Word: state, Tone: warn, Icon: "drift"}
	case insight.NotOwned:
		return look{Word: "not owned", Tone: idle, Icon: "queued"}
	case "committed":
		return look{Word: state, Tone: idle, Icon: "commit"}
	}
	return look{Word: cut(plain(state), 30), Tone: idle, Icon: "queued"}
}

// environmentLook is the look of an environment: what stands still by a pause says so before all else.
func environmentLook(e insight.Environment) look {
	if e.Paused != nil {
		return look{Word: "paused", Tone: warn, Icon: "paused"}
	}
	return lookOf(e.State)
}

// groupLook is the look of a gateway group within its environment. The error of one that a guard holds begins with that word.
func groupLook(g insight.GroupLine) look {
	if strings.HasPrefix(g.Error, string(record.Held)+": ") {
		return lookOf(string(record.Held))
	}
	if g.Error != "" {
		return look{Word: "failing", Tone: bad, Icon: "failed"}
	}
	if g.Drift > 0 {
		return look{Word: "drifting", Tone: warn, Icon: "drift"}
	}
	return lookOf(g.State)
}

// momentLook is the look of a step on the way of a commit. What has ended well or not is shown so, whatever the step was.
func momentLook(m insight.Moment) look {
	l := lookOf(m.State)
	switch {
	case m.OK == nil && l.Tone == busy && !m.Now:
		l.Tone, l.Turn = idle, false
	case m.OK == nil:
	case *m.OK && l.Tone == busy:
		l.Tone, l.Icon, l.Turn = good, "applied", false
	case !*m.OK && l.Tone != warn:
		l.Tone, l.Icon, l.Turn = bad, "failed", false
	}
	return l
}

// checkLook is the look of what had to hold after an apply.
func checkLook(c record.Check) look {
	if c.OK {
		return look{Word: "holds", Tone: good, Icon: "applied"}
	}
	return look{Word: "does not hold", Tone: bad, Icon: "failed"}
}

// operation is how a change is told: a sign, a word and a class.
type operation struct{ Sign, Word, Class string }

func operationOf(op string) operation {
	switch op {
	case "create", "+":
		return operation{"+", "create", "op-create"}
	case "delete", "-":
		return operation{"−", "delete", "op-delete"}
	case "adopt":
		return operation{"↦", "adopt", "op-adopt"}
	}
	return operation{"~", "update", "op-update"}
}
