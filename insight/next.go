package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
)

// facts are what decides beside a turn itself what can be done next.
type facts struct {
	revertURL string   // of the pull request that takes the commit back, or where it can be opened; empty: nothing is prepared
	isOpen    bool     // the pull request is open
	promotes  []string // the environments after this one whose pins can be moved to what it runs
	follows   []string // the environments after this one
	waitsFor  []string // the environments before this one that have not applied the commit
	stuck     []stuck  // those before this one, however far, at which the commit has come to a stop
}

// stuck is an environment at which a commit has come to a stop.
type stuck struct{ environment, state string }

// stuckBefore finds where the commit has come to a stop before an environment.
func (r *turnReader) stuckBefore(name string) []stuck {
	var found []stuck
	seen := map[string]bool{}
	next := []string{name}
	for len(next) > 0 {
		env, _ := r.status.Environment(next[0])
		next = next[1:]
		for _, before := range env.After {
			if seen[before] {
				continue
			}
			seen[before] = true
			next = append(next, before)
			switch at, _ := r.status.Environment(before); record.State(at.State) {
			case record.Held, record.Failed, record.RolledBack:
				if at.Target == r.hash {
					found = append(found, stuck{before, at.State})
				}
			}
		}
	}
	return found
}

func (r *turnReader) facts(ctx context.Context, t Turn) facts {
	var f facts
	if r.m.config.RevertURL != nil {
		f.revertURL, f.isOpen = r.m.config.RevertURL(r.hash)
	}
	for _, before := range r.env.After {
		if !r.m.config.Past.WasDone(before, r.hash) {
			f.waitsFor = append(f.waitsFor, before)
		}
	}
	f.stuck = r.stuckBefore(r.env.Name)
	for _, env := range r.status.Environments {
		for _, before := range env.After {
			if before == r.env.Name {
				f.follows = append(f.follows, env.Name)
			}
		}
	}
	if !t.Running || r.status.Head == "" {
		return f
	}
	head, err := r.m.layout(ctx, r.status.Head)
	for _, name := range f.follows {
		if env, ok := head.tree.Find(name); err == nil && ok && pinned(env) {
			f.promotes = append(f.promotes, name)
		}
	}
	return f
}

func pinned(env environments.Environment) bool {
	for _, layer := range env.Layers {
		if layer.Revision != "" {
			return true
		}
	}
	return false
}

// nextSteps says what a person can do now with a commit in an environment, the best first.
func nextSteps(t Turn, f facts) []Step {
	steps := []Step{}
	if t.Paused != nil && !t.Final {
		steps = append(steps, resume(t))
	}
	switch state := record.State(t.State); {
	case t.Later != nil:
		return append(steps, Step{
			Kind: "follow", Text: "A later commit has had its turn here: see what that came to.", Environment: t.Environment, Commit: t.Later.Commit.Hash,
		})
	default:
		return append(steps, stepsAt(state, t, f)...)
	}
}

// stepsAt says what can be done at a state.
func stepsAt(state record.State, t Turn, f facts) []Step {
	switch state {
	case record.Queued:
		return waits(t, f)
	case record.Planning, record.Applying, record.Verifying:
		return []Step{underWay(t)}
	case record.Held:
		return append(allow(t), revert(t, f))
	case record.Failed:
		return append(mend(t), revert(t, f))
	case record.RolledBack:
		return rolledBack(t, f)
	case record.Superseded:
		return []Step{carriedBy(t)}
	case record.Applied, record.Unchanged:
		return done(t, f)
	}
	return nil
}

func rolledBack(t Turn, f facts) []Step {
	step := revert(t, f)
	if f.revertURL == "" { // what else it came with is not what runs either
		step.Command = fmt.Sprintf("sluice revert -c FILE --to %s %s", t.Applied.Short(), t.Commit.Short())
	}
	step.Text = fmt.Sprintf("%s, so that the branch says what runs: until then %s stands still at %s.",
		strings.TrimSuffix(step.Text, "."), t.Environment, t.Applied.Short())
	return []Step{step, {Kind: "fix", Text: "Or mend it in a new commit, which has its turn as usual."}}
}

func resume(t Turn) Step {
	if !t.Paused.Call {
		return Step{Kind: "resume", Text: "The environment is paused in Git: take paused out of its environment.yaml to let it go on."}
	}
	return Step{Kind: "resume", Text: "The environment is paused. Let it go on.", Command: "sluice resume -c FILE " + t.Environment}
}

func waits(t Turn, f facts) []Step {
	var steps []Step
	for _, at := range f.stuck {
		steps = append(steps, Step{
			Kind: "follow", Text: fmt.Sprintf("It has stopped at %s, where it is %s: see there what can be done.", at.environment, strings.ReplaceAll(at.state, "-", " ")),
			Environment: at.environment, Commit: t.Commit.Hash,
		})
	}
	if len(steps) > 0 {
		return steps
	}
	for _, before := range f.waitsFor {
		steps = append(steps, Step{
			Kind: "follow", Text: fmt.Sprintf("It has its turn when %s has applied and verified it.", before), Environment: before, Commit: t.Commit.Hash,
		})
	}
	if len(steps) == 0 && t.Paused == nil {
		steps = append(steps, Step{Kind: "wait", Text: "Nothing needs to be done: it has its turn by itself."})
	}
	return steps
}

func underWay(t Turn) Step {
	if strings.HasSuffix(t.Text, ", retrying") {
		return Step{Kind: "wait", Text: "It is tried again by itself. See to it that the gateways can be reached."}
	}
	return Step{Kind: "wait", Text: "Nothing needs to be done: it is under way."}
}

// allowLine begins a line of the detail of a held commit that says how to let it go on.
const allowLine = "to allow it: "

// allow says how to let a held commit go on: each plan that is held needs a line of its own.
func allow(t Turn) []Step {
	var trailers []string
	for line := range strings.Lines(t.Detail) {
		trailer, ok := strings.CutPrefix(strings.TrimSpace(line), allowLine)
		if ok && !slices.Contains(trailers, trailer) {
			trailers = append(trailers, trailer)
		}
	}
	if len(trailers) == 0 {
		return mend(t)
	}
	text := "If the plan is meant so, put this line at the end of the message of a new commit."
	if len(trailers) > 1 {
		text = "If the plans are meant so, put these lines at the end of the message of a new commit."
	}
	return []Step{{Kind: "allow", Text: text, Command: strings.Join(trailers, "\n")}}
}

// mend says how to go on after faults.
func mend(t Turn) []Step {
	if len(t.Faults) > 0 {
		fault := t.Faults[0]
		step := Step{Kind: "fix", Text: "Mend it in a new commit: " + fault.What + "."}
		if fault.Place != nil {
			step.URL = fault.Place.URL
			step.Text = fmt.Sprintf("Mend it in a new commit, at %s:%d: %s.", fault.Place.File, fault.Place.Line, fault.What)
		}
		return []Step{step}
	}
	return []Step{
		{Kind: "fix", Text: "Mend what is told above, in a new commit or where it stands."},
		{Kind: "retry", Text: "If the trouble was not in the commit, have it tried again."},
	}
}

func revert(t Turn, f facts) Step {
	s := Step{Kind: "revert", Text: "Take the commit back.", Command: "sluice revert -c FILE " + t.Commit.Short(), URL: f.revertURL}
	switch {
	case f.isOpen:
		s.Text = "Merge the pull request that takes the commit back."
	case f.revertURL != "":
		s.Text = "Take the commit back: the branch is prepared, open the pull request."
	}
	return s
}

func carriedBy(t Turn) Step {
	if t.CarriedBy == nil {
		return Step{Kind: "wait", Text: "The branch holds this commit no longer: nothing comes of it, unless it comes back."}
	}
	return Step{
		Kind: "follow", Text: "A later commit carries this one: see what that came to.", Environment: t.Environment, Commit: t.CarriedBy.Hash,
	}
}

// done says what can follow a commit that is applied.
func done(t Turn, f facts) []Step {
	if !t.Running {
		if t.Applied.Hash == "" {
			return nil
		}
		return []Step{{Kind: "follow", Text: "Another commit runs by now.", Environment: t.Environment, Commit: t.Applied.Hash}}
	}
	var steps []Step
	for _, to := range f.promotes {
		steps = append(steps, Step{
			Kind: "promote", Text: fmt.Sprintf("Move the pins of %s to what runs here.", to), Environment: to, Command: "sluice promote -c FILE " + t.Environment + " " + to,
		})
	}
	for _, to := range f.follows {
		steps = append(steps, Step{Kind: "follow", Text: "See what it came to in " + to + ".", Environment: to, Commit: t.Commit.Hash})
	}
	if record.State(t.State) == record.Unchanged {
		return steps
	}
	return append(steps, revert(t, f))
}
