package simulation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/verify"
)

// verifier lets the conductor say what holds.
type verifier struct{ of *incarnation }

var _ reconciler.Verifier = verifier{}

// Faults finds none.
func (verifier) Faults(verify.Wave) diag.List { return nil }

// Verify waits for the conductor's word.
func (v verifier) Verify(ctx context.Context, wave verify.Wave, tell func(string)) verify.Report {
	tell("looking")
	root, _ := wave.FS.(tree).Hash(".")
	r := v.of.world.stage.wait(ctx, &operation{
		name: "verify " + wave.Environment.Name + " " + strings.Join(wave.Groups, "+"), of: v.of, wave: &waveAt{root, wave},
	})
	if r.err != nil {
		return verify.Report{Checks: []verify.Check{{Kind: "probe", Text: r.err.Error()}}}
	}
	return r.value.(verify.Report)
}

// waveAt is a wave of the commit whose tree has that hash.
type waveAt struct {
	root string
	verify.Wave
}

// verdict is what a commit came to in an environment when it was looked at.
type verdict struct{ root, environment, group string }

// answerVerify says whether a wave holds, after a while. A commit that is bad never does; others fail by chance while there is trouble.
func (w *world) answerVerify(o *operation) {
	if o.waits == 0 && !w.calm && w.dice.oneIn(2) {
		o.waits++
		o.until = time.Now().Add(pick(w.dice, 15*time.Second, 3*time.Minute, 21*time.Minute))
		w.trace.note("%s: soaks", o.name)
		return
	}
	env := o.wave.Environment.Name
	c := w.remote.byRoot[o.wave.root]
	fails := w.shows(o.wave, c) || !w.calm && w.dice.oneIn(6)
	w.trace.note("%s of %s, step %v: fails %v", o.name, c.Commit.Short(), o.wave.isStep(), fails)
	check := verify.Check{Kind: "probe", Name: "users", OK: !fails, Text: "as it is"}
	if fails {
		w.failed[verdict{root: o.wave.root, environment: env}] = true
	}
	taken := func() { w.took(o.wave) }
	if fails {
		taken = nil
	}
	w.stage.hand(o, reply{value: verify.Report{Checks: []verify.Check{check}}, taken: taken})
}

// shows reports whether a wave shows that its commit is bad: a step of a canary does so from some share on.
func (w *world) shows(wave *waveAt, c *revision) bool {
	if !c.content.bad[wave.Environment.Name] || !wave.isStep() {
		return c.content.bad[wave.Environment.Name]
	}
	return slices.ContainsFunc(wave.Groups, func(group string) bool {
		share, _ := w.sites[group].share()
		return share >= c.content.sick()
	})
}

// took notes that a wave held, or a step of one.
func (w *world) took(wave *waveAt) {
	for _, group := range wave.Groups {
		at := verdict{wave.root, wave.Environment.Name, group}
		if !wave.isStep() {
			w.verified[at] = len(w.ledger.lines)
			continue
		}
		commit := w.remote.byRoot[wave.root].Commit.Hash
		of := record.Entry{Commit: commit, Environment: at.environment, Group: group}
		w.climbed[climb{at, w.reached(w.courseOf(of), of)}] = true
	}
}

// mayFail reports whether a commit has failed to verify in an environment, or would.
func (w *world) mayFail(c *revision, environment string) bool {
	return c.content.bad[environment] || w.failed[verdict{root: c.root(), environment: environment}]
}

// checkVerified wants that what a commit has written was looked at, and held, before it counts as applied.
func (w *world) checkVerified(e record.Entry) {
	s, known := w.stand(e.Environment)
	c, made := w.remote.all[e.Commit]
	if !known || !made || e.State != record.Applied || c.content.rollouts[e.Environment].onFailure == "" {
		return
	}
	for _, group := range s.groups() {
		written := w.ledger.writtenFor(group, e.Commit)
		if held, looked := w.verified[verdict{c.root(), e.Environment, group}]; written >= 0 && (!looked || held <= written) {
			w.breach("%s: commit %s counts as applied, and was not verified on %s since it was written", e.Environment, c.short(), group)
		}
	}
}

// writtenFor is the last line that says that a commit was written to a group; negative when there is none.
func (l *ledger) writtenFor(group, commit string) int {
	last := -1
	for i, line := range l.lines {
		e := line.Entry
		if e != nil && e.Group == group && e.Commit == commit && e.Reason == "commit" && e.State == record.Applied &&
			e.Created+e.Updated+e.Deleted > 0 {
			last = i
		}
	}
	return last
}

func (r *revision) root() string {
	root, _ := r.FS.(tree).Hash(".")
	return root
}
