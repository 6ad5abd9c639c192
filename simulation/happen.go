package simulation

import (
	"fmt"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// happen lets something befall the daemon from outside, or nothing.
func (w *world) happen() {
	w.clearUp()
	switch w.dice.IntN(58) {
	case 0, 1, 2:
		w.commitSomething()
	case 3:
		w.revertSomething()
	case 4:
		w.forcePush()
	case 5, 6:
		w.turnWeather()
	case 7:
		w.troubleRemote()
	case 8, 9:
		w.strangerWrites()
	case 10, 11:
		w.strangerEdits()
	case 12:
		w.loseStore()
	case 13:
		w.troubleDisk()
	case 14:
		w.killSomewhen()
	case 15:
		w.stopCleanly()
	case 16:
		w.jump()
	case 17, 18:
		w.poke()
	case 19:
		w.turnForge()
	case 20:
		w.pauseByCall()
	case 21:
		w.hurry()
	case 22:
		w.giveLeave()
	case 23, 24:
		w.strangerTunes()
	case 25:
		w.movePin()
	case 26, 27:
		w.reload()
	}
}

// clearUp ends the weather whose time is over.
func (w *world) clearUp() {
	for _, name := range w.names {
		if s := w.sites[name]; s.weather.kind != fair && w.trace.step >= s.weather.until {
			s.weather = weather{}
			w.trace.note("%s: the weather is clear", name)
		}
	}
	if w.forge.weather.kind != fair && w.trace.step >= w.forge.weather.until {
		w.forge.weather = weather{}
		w.trace.note("forge: the weather is clear")
	}
}

func (w *world) commitSomething() {
	if len(w.remote.order) > mostCommits {
		return
	}
	next, what := w.remote.head.content.changed(w.dice)
	w.push(w.remote.head, next, what)
}

// push puts a commit on the branch and sometimes tells the daemon of it.
func (w *world) push(parent *revision, c content, subject string) { w.pushWith(parent, c, subject, "") }

func (w *world) pushWith(parent *revision, c content, subject, trailers string) {
	c.number = len(w.remote.order)
	made := w.remote.commitWith(parent, c, subject, trailers)
	told := w.dice.IntN(10) < 7
	w.trace.note("commit %s, told %v", made.short(), told)
	if told {
		w.tell()
	}
}

// tell nudges the daemon, as a webhook or a poll does.
func (w *world) tell() {
	w.owed = w.daemon != nil
	w.pay()
}

// pay gives the daemon the nudge that is owed, when it may.
func (w *world) pay() {
	if w.owed && w.daemon != nil && w.stage.quiet() {
		w.owed = false
		w.daemon.nudge()
		synctest.Wait() // what follows asks how far the daemon has come
	}
}

// mostCommits bounds what a run has to carry to its end where each commit has its turn.
const mostCommits = 40

// hurry is a team that pushes many commits in a minute.
func (w *world) hurry() {
	if !w.dice.oneIn(2) {
		return
	}
	for range w.dice.between(3, 15) {
		w.commitSomething()
	}
}

// revertSomething brings back what an earlier commit said.
func (w *world) revertSomething() {
	earlier := pick(w.dice, w.remote.order...)
	w.push(w.remote.head, earlier.content.clone(), "restore "+earlier.Commit.Short())
}

// forcePush makes the branch forget its last commits.
func (w *world) forcePush() {
	base := w.remote.head
	for range w.dice.between(1, 3) {
		if base.parent != nil {
			base = base.parent
		}
	}
	next, what := base.content.changed(w.dice)
	w.push(base, next, "forced: "+what)
}

func (w *world) turnWeather() {
	s := w.sites[pick(w.dice, w.names...)]
	s.weather = weather{pick(w.dice, storm, refused, torn, throttled, lossy, strange, blind), w.trace.step + w.dice.between(3, 40)}
	w.trace.note("%s: %s", s.name, s.weather.kind)
}

// troubleRemote takes the remote away or brings it back, or lets a copy that lags behind answer for it.
func (w *world) troubleRemote() {
	switch {
	case w.remote.down || w.remote.stale != nil:
		w.remote.down, w.remote.stale = false, nil
	case w.dice.oneIn(2) && w.remote.head.parent != nil:
		w.remote.stale = w.remote.head.parent
	default:
		w.remote.down = true
	}
	w.trace.note("remote: down %v, stale %v", w.remote.down, w.remote.stale != nil)
}

// loseStore is a gateway that comes back empty.
func (w *world) loseStore() {
	if !w.dice.oneIn(2) {
		return
	}
	s := w.sites[pick(w.dice, w.names...)]
	s.restartEmpty(w.lag)
	w.trace.note("%s: restarted empty", s.name)
}

// troubleDisk fills the disk, or takes it away, or ends that.
func (w *world) troubleDisk() {
	d := w.disk
	if d.full || d.dead {
		d.full, d.dead = false, false
	} else {
		d.full, d.dead = w.dice.oneIn(2), w.dice.oneIn(3)
	}
	w.trace.note("disk: full %v, dead %v", d.full, d.dead)
}

func (w *world) killSomewhen() {
	if w.daemon == nil {
		return
	}
	w.kill("out of the blue")
	w.rise()
}

// rise says when the next daemon starts.
func (w *world) rise() {
	w.restart = time.Now().Add(pick(w.dice, 0, 0, 3*time.Second, time.Minute, 2*time.Hour))
}

// stopCleanly asks the daemon to end. It ends when its requests are answered.
func (w *world) stopCleanly() {
	if w.daemon == nil {
		return
	}
	w.trace.note("daemon %d is told to stop", w.daemon.number)
	w.daemon.stop()
	w.stopping = true
}

// jump is a clock that is set forward, or a machine that slept.
func (w *world) jump() {
	if w.retries && w.daemon != nil {
		return // no request must time out then (see patience)
	}
	far := pick(w.dice, time.Hour, 7*time.Hour, 50*time.Hour)
	w.trace.note("the clock jumps by %v", far)
	time.Sleep(far)
	w.rest()
}

// poke nudges for nothing, or asks for what is held to be tried again.
func (w *world) poke() {
	if w.daemon == nil {
		return
	}
	if w.dice.oneIn(3) {
		w.daemon.Retry()
	}
	w.trace.note("nudge")
	w.tell()
}

// readJournal takes the lines that became durable, and sometimes kills the daemon in the instant of the last.
func (w *world) readJournal() {
	raw, at := w.disk.appended()
	if len(raw) == 0 {
		return
	}
	var names []string
	for i := range raw {
		line := readLine(raw[i], at[i])
		w.ledger.add(line)
		w.checkLine(line)
		w.checkBegin(line)
		w.checkCourse(line)
		w.checkStands(line)
		w.checkStatus(line)
		names = append(names, line.String())
	}
	w.trace.note("journal: %s", sorted(names))
	if w.daemon != nil && !w.calm && w.broken == "" && w.dice.oneIn(20) {
		w.killAt(at[0], len(raw), len(raw[0]))
	}
}

// killAt kills the daemon while it writes to the journal. Nothing has left the daemon since these lines were written: whether they are
// durable is open.
func (w *world) killAt(first, lines, length int) {
	size, how := first, "before"
	switch kept := w.dice.IntN(3); {
	case lines > 1 || kept == 0: // which of several came first is the runtime's choice: none is
	case kept == 1:
		size, how = first+length*w.dice.between(1, 2)/3, "in the middle of"
	default:
		size, how = first+length, "after"
	}
	w.kill(how + " a line of the journal")
	w.disk.cutTo(size)
	if how != "after" {
		w.ledger.cutTo(first)
	}
	w.rise()
}

// String is the line without what differs from run to run.
func (l journalLine) String() string {
	if l.Entry == nil {
		return l.Type
	}
	return fmt.Sprintf("%s %s/%s %.7s %s", l.Type, l.Entry.Environment, l.Entry.Group, l.Entry.Commit, state(*l.Entry))
}

func state(e record.Entry) string {
	if e.Reason != "" && e.Reason != "commit" {
		return string(e.State) + " (" + e.Reason + ")"
	}
	return string(e.State)
}
