package simulation

import (
	"encoding/json"
	"maps"
	"slices"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// How long a daemon may take to come to rest when nothing goes wrong any more, and how long it must be quiet to count as at rest:
// some drift intervals, and longer than any wait between two tries.
const (
	mostSteps = 120000
	quiet     = 2*driftInterval + 2*time.Minute
)

// comeToRest ends all trouble, waits until nothing changes any more, and looks at what became of everything.
func (w *world) comeToRest() {
	if w.broken != "" {
		return
	}
	w.endTrouble()
	if !w.waitForGates() {
		return
	}
	w.verifyChain()
	for _, group := range slices.Sorted(maps.Keys(w.ledger.open)) {
		w.breach("%s: entry %d was begun and never finished", group, w.ledger.open[group].ID)
	}
	for _, s := range w.stands {
		w.checkEnvironment(s)
	}
	w.checkForge()
	for _, name := range w.names {
		w.checkMirror(w.sites[name])
	}
	if w.ends {
		w.checkEnds()
	}
}

func (w *world) endTrouble() {
	w.rest()
	if w.broken != "" {
		return
	}
	if w.dice.oneIn(2) {
		c := w.remote.head.content.clone()
		c.broken, c.only, c.bad = "", "", nil
		w.push(w.remote.head, c, "the last one")
	}
	w.calm = true
	w.disk.full, w.disk.dead = false, false
	w.remote.down, w.remote.stale = false, nil
	for _, s := range w.sites {
		s.weather = weather{}
	}
	w.forge.weather = weather{}
	w.trace.note("no more trouble")
	w.restart = time.Time{}
}

// waitForGates lets everything go on until nothing was written for a while, and none of the gates that the head waits for will open.
func (w *world) waitForGates() bool {
	const most = 12
	for range most {
		if !w.waitForQuiet() {
			return false
		}
		opens := w.nextOpening()
		if opens.IsZero() {
			return true
		}
		w.trace.note("waits until %v", opens.UTC())
		if w.retries && w.daemon != nil { // no request must time out then (see patience)
			w.kill("it is moved to another machine")
		}
		time.Sleep(time.Until(opens) - time.Minute)
		w.restart = time.Now()
	}
	return true
}

// waitForQuiet lets everything go on until nothing was written for a while.
func (w *world) waitForQuiet() bool {
	last, lines, writes := time.Now(), len(w.ledger.lines), w.count()
	for range w.patient {
		w.step()
		if w.broken != "" {
			return false
		}
		if lines != len(w.ledger.lines) || writes != w.count() {
			last, lines, writes = time.Now(), len(w.ledger.lines), w.count()
		}
		synctest.Wait() // time may have passed
		if time.Since(last) > quiet && len(w.stage.ready(time.Now())) == 0 {
			return true
		}
	}
	w.breach("the daemon does not come to rest")
	return false
}

// count is how often the daemon has written to a gateway.
func (w *world) count() int {
	total := 0
	for _, s := range w.sites {
		total += s.writes
	}
	return total
}

// checkEnvironment holds what an environment came to against what it should have.
func (w *world) checkEnvironment(s stand) {
	head, state := w.remote.head, record.Queued
	if ends := w.ledger.ends(s.name, head.Commit.Hash); len(ends) > 0 {
		if last := ends[len(ends)-1]; !w.cameBack(head, last) {
			state = last.State
		}
	}
	failed := (w.mayFail(head, s.name) || w.obstructed(head, s)) && (state == record.Failed || state == record.RolledBack)
	waits := (state == record.Queued || state == record.Held) && w.closed(s)
	if wanted := w.endOf(s, head.Commit.Hash); !failed && !waits && !w.alike(state, wanted, s) {
		w.breach("%s: the head %s is %s, and should be %s", s.name, head.short(), state, wanted)
		return
	}
	for _, group := range s.groups() {
		w.checkGroup(s, group)
	}
}

// checkGroup wants a group to hold what its environment runs, or the last commit that was applied to the group itself: one that did not
// hold may stay, and so does one whose environment was jumped over.
func (w *world) checkGroup(s stand, group string) {
	runs := w.ledger.lastDone(s.name)
	if runs == "" || w.paused(s) || w.sites[group].drifted && w.tellsDrift(s, group, runs) || w.guarded(runs, s.name, group) {
		return
	}
	what, same := w.sites[group].same(w.oracle.ask(runs, s.name, group))
	if same {
		w.checkPin(group, w.remote.all[runs].content.rollouts[s.name].pin)
		return
	}
	if last := w.ledger.lastApplied(group); last != "" {
		if _, stays := w.sites[group].same(w.oracle.ask(last, s.name, group)); stays {
			return
		}
	}
	if w.standsAtStep(s, group) {
		return
	}
	w.breach("%s: the end is not what commit %.7s wants: %s", group, runs, what)
}

// tellsDrift reports whether drift is only told where a group runs a commit, its environment's or its own.
func (w *world) tellsDrift(s stand, group, runs string) bool {
	own := w.ledger.lastApplied(group)
	return w.remote.all[runs].content.rollouts[s.name].report || own != "" && w.remote.all[own].content.rollouts[s.name].report
}

// alike reports whether a state is the wanted one, or as good.
func (w *world) alike(state, wanted record.State, s stand) bool {
	switch {
	case wanted == record.Applied:
		return state == record.Applied || state == record.Unchanged
	case wanted == record.Queued && state == record.Failed: // a fault of the layout waits for nobody
		return w.oracle.faulty(w.remote.head.Commit.Hash, s)
	}
	return state == wanted
}

// endOf is what must become of the head in an environment.
func (w *world) endOf(s stand, head string) record.State {
	for _, before := range s.after {
		if !w.ledger.done(before, head) {
			return record.Queued
		}
	}
	if w.oracle.faulty(head, s) {
		return record.Failed
	}
	for _, group := range s.groups() {
		if w.guarded(head, s.name, group) {
			return record.Held
		}
	}
	return record.Applied
}

// guarded reports whether the guard stands between what a gateway holds and a commit. It stands before what a commit that was cut off
// has left, too: then the environment is not brought back to what it ran, and waits for a person.
func (w *world) guarded(commit, environment, group string) bool {
	want, deletes := w.oracle.ask(commit, environment, group), 0
	for key, is := range w.sites[group].live {
		if _, wanted := want.state[key]; !wanted && !is.foreign && !key.Temporary() {
			deletes++
		}
	}
	return deletes > mostDeletes
}

// checkEnds wants a final state of every commit that the daemon has looked at, in every environment, but for the head.
func (w *world) checkEnds() {
	looked := map[string]bool{}
	for _, line := range w.ledger.lines {
		if line.Entry != nil {
			looked[line.Entry.Commit] = true
		}
	}
	for _, c := range w.remote.order {
		if !looked[c.Commit.Hash] || c == w.remote.head {
			continue
		}
		for _, s := range w.stands {
			w.checkEnd(s, c)
		}
	}
}

func (w *world) checkEnd(s stand, c *revision) {
	ends := w.ledger.ends(s.name, c.Commit.Hash)
	if len(ends) == 0 && w.waits(s, c) {
		return
	}
	if len(ends) == 0 {
		w.breach("%s: commit %s has no end", s.name, c.short())
		return
	}
	last := ends[len(ends)-1]
	if last.CarriedBy != "" && w.jumpedOver(s, c, last) {
		w.breach("%s: commit %s is carried by %.7s, and each commit has its turn", s.name, c.short(), last.CarriedBy)
	}
	_, known := w.remote.all[last.CarriedBy]
	lost := last.CarriedBy == "" && !isAncestor(c.Commit.Hash, w.remote.head)
	if last.State == record.Superseded && !known && !lost {
		w.breach("%s: commit %s is carried by %q: %s", s.name, c.short(), last.CarriedBy, last.Text)
	}
}

// waits reports whether a commit may still have its turn: it leads to the head, and the environment has had none since.
func (w *world) waits(s stand, c *revision) bool {
	hadTurn := func(line journalLine) bool {
		e := line.Entry
		if e == nil || e.Environment != s.name || e.Group != "" || !e.State.Final() || e.State == record.Superseded {
			return false
		}
		at := w.remote.all[e.Commit]
		return at != nil && isAncestor(c.Commit.Hash, at)
	}
	return isAncestor(c.Commit.Hash, w.remote.head) && !slices.ContainsFunc(w.ledger.lines, hadTurn)
}

// checkMirror checks the checker: the gateway itself must hold what was taken down.
func (w *world) checkMirror(s *site) {
	for _, kind := range gateway.Kinds() {
		if kind == gateway.Credentials {
			continue
		}
		var list struct {
			Total int `json:"total"`
		}
		if err := json.Unmarshal(s.call("GET", adminPath+"/"+string(kind), nil).body.Bytes(), &list); err != nil {
			w.breach("%s: list of %s: %v", s.name, kind, err)
		}
		known := len(s.keys(func(held) bool { return true })) - len(s.keysBut(kind))
		if list.Total != known {
			w.breach("%s: the simulation has lost track: %d %s, and %d are there", s.name, known, kind, list.Total)
		}
	}
}

func (s *site) keysBut(kind gateway.Kind) []gateway.Key {
	var keys []gateway.Key
	for key := range s.live {
		if key.Kind != kind {
			keys = append(keys, key)
		}
	}
	return keys
}
