package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gitops/sluice/forge"
)

// hosted is the forge as everybody sees it. It outlasts the daemon.
type hosted struct {
	shows   map[address]shownStatus
	weather weather
	taken   int // statuses
}

// address is where a forge keeps a status.
type address struct{ commit, context string }

// shownStatus is a status that the forge shows, and the line of the journal that asked for it.
type shownStatus struct {
	forge.Status
	line int
}

// poster is the forge for one daemon.
type poster struct{ of *incarnation }

var _ forge.Statuses = poster{}

// posting is a status on its way to the forge.
type posting struct {
	to     address
	status forge.Status
}

// SetStatus waits at the seam for what becomes of the status.
func (p poster) SetStatus(ctx context.Context, commit string, s forge.Status) error {
	r := p.of.world.stage.wait(ctx, &operation{
		name: "forge " + commit[:7] + " " + s.Context, of: p.of, posting: &posting{address{commit, s.Context}, s},
	})
	return r.err
}

// answerForge lets the forge take a status, or not, as the weather is.
func (w *world) answerForge(o *operation) {
	switch {
	case o.coming != nil:
		w.trace.note("%s: answered late", o.name)
		w.stage.hand(o, *o.coming)
	case w.calm || w.forge.weather.kind == fair || w.dice.oneIn(4):
		w.takeStatus(o)
		w.stage.hand(o, reply{})
	default:
		w.strikeForge(o)
	}
}

// strikeForge lets bad weather have a status. What the forge answers says nothing of what it has done.
func (w *world) strikeForge(o *operation) {
	done, err := w.dice.oneIn(2), &forge.Error{Class: forge.Unavailable, Status: 502, What: "bad gateway"}
	switch w.forge.weather.kind {
	case refused:
		done, err = false, &forge.Error{Class: forge.Unavailable, What: errRefused.Error()}
	case throttled:
		done, err = false, &forge.Error{Class: forge.Limited, Status: 429, After: pick(w.dice, time.Minute, 4*time.Minute)}
	}
	if done {
		w.takeStatus(o)
	}
	w.trace.note("%s: %v, done: %v", o.name, err, done)
	if w.forge.weather.kind != lossy {
		w.stage.hand(o, reply{err: err})
		return
	}
	o.coming, o.until = &reply{err: errors.New("context deadline exceeded")}, time.Now().Add(20*time.Second)
}

// takeStatus shows a status from now on.
func (w *world) takeStatus(o *operation) {
	p := o.posting
	w.trace.note("%s: %s %q", o.name, p.status.State, p.status.Text)
	w.checkPosting(*p)
	line, _ := w.ledger.asked(*p)
	w.forge.shows[p.to] = shownStatus{p.status, line}
	w.forge.taken++
}

// turnForge changes the weather at the forge, sometimes for hours.
func (w *world) turnForge() {
	if w.forge.weather.kind != fair && w.dice.oneIn(2) {
		w.forge.weather = weather{}
	} else {
		w.forge.weather = weather{pick(w.dice, storm, refused, throttled, lossy), w.trace.step + w.dice.between(5, 120)}
	}
	w.trace.note("forge: %s", w.forge.weather.kind)
}
