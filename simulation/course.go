package simulation

import (
	"slices"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// leg is a question to the oracle: over which steps a group goes from one commit to another.
type leg struct{ from, to, environment, group string }

// course is the answer: the states of the steps, of which the first takes nothing and the last all. It has none where the commit is reached
// at once, and is faulty where the steps can't be gone.
type course struct {
	canary.Course
	steps  []want
	faulty bool
}

// course finds the steps from what an environment was applied last to a commit.
func (w *world) course(from, to, environment, group string) course {
	at := leg{from, to, environment, group}
	if known, ok := w.oracle.courses[at]; ok {
		return known
	}
	found := w.oracle.findCourse(at)
	w.oracle.courses[at] = found
	return found
}

func (o *oracle) findCourse(at leg) course {
	c, made := o.remote.all[at.to]
	if !made || at.from == "" || at.from == at.to {
		return course{}
	}
	var rules []canary.Rule
	for service, shares := range splits(c.content.rollouts[at.environment].canary) {
		rules = append(rules, canary.Rule{Service: service, Steps: shares})
	}
	old, next := o.ask(at.from, at.environment, at.group), o.ask(at.to, at.environment, at.group)
	if len(rules) == 0 || old.faulty || next.faulty {
		return course{}
	}
	found, faults := canary.Find(old.state, next.state, rules, canary.ByThemselves)
	answer := course{Course: found, faulty: faults.HasErrors()}
	for step := range found.Steps() + 2 {
		if state := found.At(step); !found.Empty() {
			answer.steps = append(answer.steps, want{state: state, digest: state.Digest(), ignores: next.ignores})
		}
	}
	if len(answer.steps) > 0 {
		answer.steps[0].ignores = old.ignores // it belongs to the way back
	}
	return answer
}

// at returns the step that has a digest; negative when none has.
func (c course) at(digest string) int {
	return slices.IndexFunc(c.steps, func(step want) bool { return step.digest == digest })
}

// landing is the step that sends all to the new upstreams.
func (c course) landing() int { return len(c.steps) - 1 }

// courseOf is the course that an entry of a group is on: forward to its commit or, while an environment takes a commit back, away from that.
func (w *world) courseOf(e record.Entry) course {
	if back, open := w.ledger.back[e.Environment]; open && back.Commit != e.Commit {
		return w.course(e.Commit, back.Commit, e.Environment, e.Group)
	}
	return w.course(w.ledger.lastDone(e.Environment), e.Commit, e.Environment, e.Group)
}

// meant is the state that an entry of a group wants: that of its commit, or of a step on the way.
func (w *world) meant(e record.Entry) want {
	whole := w.oracle.ask(e.Commit, e.Environment, e.Group)
	if whole.faulty || whole.digest == e.Digest {
		return whole
	}
	on := w.courseOf(e)
	if step := on.at(e.Digest); step >= 0 {
		return on.steps[step]
	}
	return whole
}

// reached tells how far a group has come on a course: its newest entry knows, and else the gateway does.
func (w *world) reached(on course, e record.Entry) int {
	if last, ok := w.ledger.newest(e); ok {
		if step := on.at(last.Digest); step >= 0 {
			return step
		}
	}
	live := gateway.State{}
	for key, is := range w.sites[e.Group].live {
		live[key] = gateway.Resource{Key: key, Spec: is.spec}
	}
	step, _ := on.InForce(live)
	return step
}

// newest returns the last entry of a group before another one.
func (l *ledger) newest(before record.Entry) (record.Entry, bool) {
	for _, line := range slices.Backward(l.lines) {
		if e := line.Entry; e != nil && e.Group == before.Group && e.ID != before.ID && line.Type != "show" {
			return *e, true
		}
	}
	return record.Entry{}, false
}

// climb is a step at which a commit stood in a group, and all that had to hold did.
type climb struct {
	verdict
	step int
}

// checkCourse looks at an entry of a group in the moment in which it is begun: a canary takes one step after the other, each once the one before
// has held, and goes back only where its commit is taken back.
func (w *world) checkCourse(line journalLine) {
	e := line.Entry
	if line.Type != "begin" || e.Group == "" || e.Reason == "drift" {
		return
	}
	on := w.courseOf(*e)
	step, back := on.at(e.Digest), w.backFor(*e)
	switch {
	case e.Reason == "canary" && step < 0:
		w.breach("%s: a canary of commit %.7s begins with what is no step", e.Group, e.Commit)
	case e.Reason == "canary" && back && step > 0:
		w.breach("%s: commit %.7s is taken back, and begins with step %d", e.Group, e.Commit, step)
	case e.Reason == "canary" && !back:
		w.checkClimb(*e, step, w.reached(on, *e))
	case e.Reason == "commit" && len(on.steps) > 0 && !w.ledger.proven(e.Environment, e.Group, e.Digest):
		w.checkClimb(*e, on.landing()+1, w.reached(on, *e))
	}
}

// backFor reports whether an entry belongs to a commit that is taken back.
func (w *world) backFor(e record.Entry) bool {
	back, open := w.ledger.back[e.Environment]
	return open && back.Restores == e.Commit
}

// checkClimb wants a group to take the step at which it stands again, or the one after it. What lands has nothing more to wait for.
func (w *world) checkClimb(e record.Entry, step, stands int) {
	on := w.courseOf(e)
	c := w.remote.all[e.Commit]
	held := stands == 0 || stands == on.landing() || w.climbed[climb{verdict{c.root(), e.Environment, e.Group}, stands}]
	last, _ := w.ledger.newest(e)
	switch {
	case step == stands || last.Commit == e.Commit && last.Digest == e.Digest:
	case step == stands+1 && held:
	case step == stands+1:
		w.breach("%s: commit %.7s takes step %d, and step %d has not held", e.Group, e.Commit, step, stands)
	default:
		w.breach("%s: commit %.7s goes from step %d to step %d of %d", e.Group, e.Commit, stands, step, on.landing())
	}
}

// obstructed reports whether a commit can't go in the steps that it asks for from something that an environment was applied at.
func (w *world) obstructed(c *revision, s stand) bool {
	return slices.ContainsFunc(w.ledger.ends(s.name, ""), func(e record.Entry) bool {
		done := e.State == record.Applied || e.State == record.Unchanged
		return done && slices.ContainsFunc(s.groups(), func(group string) bool { return w.course(e.Commit, c.Commit.Hash, s.name, group).faulty })
	})
}

// standsAtStep reports whether a group stands at a step of a commit whose place another one took that came to nothing: it is left there.
func (w *world) standsAtStep(s stand, group string) bool {
	last, ok := w.ledger.lastEntry(group)
	if !ok || w.ledger.lastDone(s.name) == w.remote.head.Commit.Hash || last.Commit == w.remote.head.Commit.Hash {
		return false
	}
	_, same := w.sites[group].same(w.meant(last))
	return same
}
