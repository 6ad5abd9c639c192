package reconciler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// work is one environment in one pass.
type work struct {
	snapshot source.Snapshot
	tree     environments.Tree
	env      environments.Environment
	memo     *memo
	again    bool // try again what failed or is held
	look     bool // read live of every group, not only of those whose desired state is new
	// onlyRotated: of the drift only what rotated secrets explain is written, the rest is told.
	onlyRotated bool
	keeping     bool // the snapshot is the applied commit, not the newest: only drift is looked for
	// head is the environment at the newest commit, which decides when the turn comes; zero when keeping.
	head     environments.Environment
	newest   bool   // the commit is the newest one
	every    bool   // each commit has its turn
	early    bool   // newer commits have gone by so often that this one has its turn now
	goOn     bool   // a verification has ended
	standing bool   // nothing more is done for the commit now: groups that run it are kept at it
	paused   bool   // drift is only told
	partial  bool   // what holds the secrets does not answer: resources with a secret are left as they are
	reason   string // of the environment's entry; empty: the commit
	undoing  string // the commit that did not hold: this one is put back; empty: none

	courses map[string]canary.Course // by group: the way to its desired state, where it goes in steps
	before  map[string]gateway.State // by group: what the way begins with
	// unignored are the fields that were ignored when the environment was applied last, and are so no more.
	unignored []environments.Ignored
	step      map[string]string // by group: the step of a canary that is applied, in words; nil: it is the commit itself
	legs      map[string]*Leg   // by group: the same, for who must find its state again

	denied bool                 // nothing but policies stand against it
	warned map[string]diag.List // by group: what the policies say
}

func (w *work) commit() string { return w.snapshot.Commit.Hash }

// due reports whether there is anything to look at: a commit that is new here, trouble that may have passed, or the interval.
func (r *Reconciler) due(w *work) bool {
	return w.memo.commit != w.commit() || w.memo.lost.Load() || w.memo.retry || w.memo.shut || w.again || w.goOn ||
		time.Since(w.memo.checked) >= r.config.DriftInterval
}

// environment carries one commit to the gateway groups of one environment.
func (r *Reconciler) environment(ctx context.Context, w *work) outcome {
	if over, out := r.underVerification(ctx, w); over {
		return out
	}
	if r.standsStill(w) {
		return r.stand(ctx, w)
	}
	if !r.due(w) {
		return outcome{}
	}
	w.memo.shut = false
	isNew := w.memo.commit != w.commit()
	if isNew {
		r.tell(w, record.Planning, "")
	}
	if looked := time.Now(); w.memo.lost.Swap(false) || w.memo.retry || w.again || looked.Sub(w.memo.checked) >= r.config.DriftInterval {
		w.look, w.memo.checked = true, looked
	}
	return r.visit(ctx, w, isNew)
}

// bring makes the plans of an environment and carries them out.
func (r *Reconciler) bring(ctx context.Context, w *work, isNew bool) outcome {
	_, rendered := r.stage(ctx, StageRender, w.env.Name)
	desired, faults := r.desired(w)
	rendered(faults.Err())
	if !faults.HasErrors() {
		faults.Add(r.verifyFaults(w)...)
	}
	if !faults.HasErrors() && !w.keeping {
		faults.Add(r.findCourses(w, desired)...)
	}
	if isNew {
		r.logFaults(w, faults)
	}
	if w.keeping && mayPass(faults) {
		return r.keepResolved(ctx, w)
	}
	if faults.HasErrors() {
		return r.faulty(ctx, w, faults)
	}
	r.keepSteps(ctx, w, desired)
	if r.isHeld(w) {
		if err := r.healFirst(ctx, w); err != nil {
			return outcome{err: err}
		}
	}
	w.unignored = r.unignored(w)
	planning, planned := r.stage(ctx, StagePlan, w.env.Name)
	waves := r.planWaves(planning, w, desired)
	r.validateSteps(planning, w, waves)
	planned(nil)
	if isNew {
		r.logFaults(w, warningsOf(waves))
	}
	return r.carryOut(ctx, w, waves)
}

// desired renders every gateway group of the environment, and finds all its faults.
func (p *Planner) desired(w *work) (map[string]gateway.State, diag.List) {
	var faults diag.List
	faults.Add(w.tree.Faults...)
	faults.Add(w.env.Faults...)
	faults.Add(p.groupFaults(w.env)...)
	states := map[string]gateway.State{}
	if faults.HasErrors() {
		return states, faults
	}
	fsys, err := p.root(w.snapshot)
	if err != nil {
		faults.Add(diag.Errorf(diag.Pos{}, "unreadable-commit", "%v", err))
		return states, faults
	}
	for _, group := range w.env.Groups() {
		state, found := p.renderer.Render(fsys, w.tree, w.env, group, p.config.Values)
		states[group] = state
		faults.Add(found...)
	}
	if !faults.HasErrors() {
		faults.Add(p.obeys(w, states)...)
	}
	return states, faults.Sorted()
}

// groupFaults holds the environment's gateway groups against the daemon's own file: a config repo can't point an environment
// at a group that is not its own.
func (p *Planner) groupFaults(env environments.Environment) diag.List {
	var faults diag.List
	for _, name := range env.Groups() {
		group, known := p.groups[name]
		switch {
		case !known:
			faults.Add(diag.Errorf(env.GroupPos(name), "unknown-group", "gateway group %q is not in the daemon's file", name).
				WithHint("%s", diag.DidYouMean(name, p.groupNames(), "add it under gatewayGroups, with its Admin API")))
		case group.Environment != "" && group.Environment != env.Name:
			faults.Add(diag.Errorf(env.GroupPos(name), "foreign-group", "gateway group %q belongs to environment %q, not to %q",
				name, group.Environment, env.Name).
				WithHint("the daemon's file says who may use a group; a config repo can't change that"))
		}
	}
	return faults
}

func (p *Planner) groupNames() []string {
	names := make([]string, 0, len(p.groups))
	for name := range p.groups {
		names = append(names, name)
	}
	return names
}

// faulty ends an environment whose desired state can't be made. What runs goes on, and is kept.
func (r *Reconciler) faulty(ctx context.Context, w *work, faults diag.List) outcome {
	if mayPass(faults) {
		return r.waitForSecrets(ctx, w, faults)
	}
	state := record.Failed
	if slices.ContainsFunc(faults, func(fault diag.Diagnostic) bool { return fault.Code == "untrusted-commit" }) {
		state = record.Held
	}
	if err := r.close(w, state, firstLine(faults), faults.Error()); err != nil {
		return outcome{err: err}
	}
	return r.keep(ctx, w)
}

// firstLine is the first error of a list, and how many more there are.
func firstLine(faults diag.List) string {
	errs := 0
	var first string
	for _, fault := range faults {
		if fault.Severity != diag.Error {
			continue
		}
		if errs++; errs == 1 {
			first = fault.What
			if !fault.Pos.IsZero() {
				first = fault.Pos.String() + ": " + first
			}
		}
	}
	if errs > 1 {
		return fmt.Sprintf("%s (and %d more)", first, errs-1)
	}
	return first
}

// logFaults tells a commit's faults and warnings, once.
func (r *Reconciler) logFaults(w *work, faults diag.List) {
	for _, fault := range faults {
		log := r.log.Error
		if fault.Severity == diag.Warning {
			log = r.log.Warn
		}
		log("fault in the config repo", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name),
			zap.String("fault", fault.Error()))
	}
}

// class returns what an error of gateways means, 0 when it is none. Of several the one counts that decides what comes next: a person
// must act; it may pass by itself; the commit is at fault.
func class(err error) gateway.Class {
	found := map[gateway.Class]bool{}
	classes(err, found)
	for _, class := range []gateway.Class{gateway.Denied, gateway.Unreachable, gateway.Moved, gateway.Refused} {
		if found[class] {
			return class
		}
	}
	return 0
}

// classes collects the classes of all errors in a tree.
func classes(err error, found map[gateway.Class]bool) {
	if e, ok := err.(*gateway.Error); ok {
		found[e.Class] = true
		return
	}
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		classes(wrapped.Unwrap(), found)
	case interface{ Unwrap() []error }:
		for _, one := range wrapped.Unwrap() {
			classes(one, found)
		}
	}
}
