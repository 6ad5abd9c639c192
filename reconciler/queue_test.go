package reconciler_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/sluice-gitops/sluice/record"
)

// regexpOutcome is what may become of a commit that is carried or applied.
var regexpOutcome = regexp.MustCompile(`^\d+: (applied|carried by \d+, which is applied)$`)

// outcomes says how each commit ended in an environment, in the order given: the last word of the journal, and how often it was said.
func (r *rig) outcomes(env string, commits []string) []string {
	r.t.Helper()
	var all []string
	for i, commit := range commits {
		entries, err := r.config.Journal.Entries(record.Filter{Environment: env, Commit: commit})
		if err != nil {
			r.t.Fatal(err)
		}
		entries = slices.DeleteFunc(entries, func(e record.Entry) bool { return e.Group != "" })
		ends := slices.DeleteFunc(slices.Clone(entries), func(e record.Entry) bool { return e.State == record.Superseded && e.Outcome == "" })
		if len(ends) != 1 {
			all = append(all, fmt.Sprintf("%d: %d ends of %d entries", i, len(ends), len(entries)))
			continue
		}
		text := string(ends[0].State)
		if ends[0].State == record.Superseded {
			by := slices.Index(commits, ends[0].CarriedBy)
			text = fmt.Sprintf("carried by %d, which is %s", by, ends[0].Outcome)
			if want := fmt.Sprintf("carried by %s, which is %s", ends[0].CarriedBy[:7], ends[0].Outcome); ends[0].Text != want {
				text += " (" + ends[0].Text + ")"
			}
		}
		all = append(all, fmt.Sprintf("%d: %s", i, text))
	}
	return all
}

// TestEveryCommitHasOneOutcome pushes commits faster than they can be verified, so that carriers are carried themselves.
func TestEveryCommitHasOneOutcome(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	var commits []string
	release := v.block("test")
	for i := range 5 { // the second takes the place of the first, and is verified to its end
		commits = append(commits, r.route(fmt.Sprint("r", i)))
		r.passUntil(func() bool { return v.asks("test") })
		r.pass()
	}
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	want := map[string][]string{
		"test": {"0: carried by 1, which is applied", "1: applied", "2: carried by 4, which is applied", "3: carried by 4, which is applied", "4: applied"},
	}
	want["uat"], want["prod"] = want["test"], want["test"] // which were passed over too often to wait for the last
	for env, want := range want {
		if got := r.outcomes(env, commits); !slices.Equal(got, want) {
			t.Errorf("%s: %v\nwant %v", env, got, want)
		}
	}
}

// TestAHundredCommitsInAMinute pushes all of them between a few passes.
func TestAHundredCommitsInAMinute(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	var commits []string
	for i := range 100 {
		r.write(fmt.Sprintf("-- base/one.yaml --\nroutes:\n  one: {service_id: users, uri: /one/%d}\n", i))
		commits = append(commits, r.commit(fmt.Sprint("commit ", i)))
		if i%20 == 7 {
			r.pass()
		}
	}
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, env := range []string{"test", "uat", "prod"} {
		outcomes := r.outcomes(env, commits)
		if last := outcomes[99]; last != "99: applied" {
			t.Errorf("%s: the last commit is %q", env, last)
		}
		for _, outcome := range outcomes {
			if !regexpOutcome.MatchString(outcome) {
				t.Errorf("%s: %s", env, outcome)
			}
		}
	}
	if asked := len(v.taken()); asked > 40 {
		t.Errorf("%d waves were verified", asked)
	}
}

// TestProdAdvancesUnderASteadyStream has a new commit before each pass, for ever, and verification that takes several passes.
func TestProdAdvancesUnderASteadyStream(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	var commits []string
	applied := map[string]bool{}
	for i := range 40 {
		r.write(fmt.Sprintf("-- base/one.yaml --\nroutes:\n  one: {service_id: users, uri: /one/%d}\n", i))
		commits = append(commits, r.commit(fmt.Sprint("commit ", i)))
		if i%3 == 0 { // test takes three commits' time to verify
			release := v.block("test")
			r.pass()
			defer release()
			continue
		}
		if i%3 == 2 {
			v.release("test")
		}
		r.pass()
		if i%3 == 2 {
			if err := r.Settled(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		env, _ := r.Status().Environment("prod")
		applied[env.Applied] = true
	}
	if len(applied) < 4 {
		t.Errorf("prod came to only %d commits in 40 passes: %s", len(applied), r.states())
	}
	v.release("test")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, env := range []string{"test", "uat", "prod"} {
		for _, outcome := range r.outcomes(env, commits) {
			if !regexpOutcome.MatchString(outcome) {
				t.Errorf("%s: %s", env, outcome)
			}
		}
	}
}

func TestQueueEveryTakesEachCommitInItsTurn(t *testing.T) {
	r := newRig(t)
	v := r.verified(", queue: every")
	r.settle()
	v.taken()
	var commits []string
	for i := range 3 {
		commits = append(commits, r.route(fmt.Sprint("r", i)))
	}
	r.git("checkout", "--quiet", "-b", "side")
	r.write("-- base/side.yaml --\nroutes:\n  side: {service_id: users, uri: /side}\n")
	side := r.commit("side")
	r.git("checkout", "--quiet", "main")
	r.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
	commits = append(commits, r.git("rev-parse", "HEAD"))
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, env := range []string{"test", "uat", "prod"} {
		want := []string{"0: applied", "1: applied", "2: applied", "3: applied"}
		if got := r.outcomes(env, commits); !slices.Equal(got, want) {
			t.Errorf("%s: %v", env, got)
		}
		if got := r.outcomes(env, []string{side}); got[0] != "0: carried by -1, which is applied" {
			t.Errorf("%s: the commit that the merge brings: %v", env, got)
		}
	}
	var tests int
	for _, asked := range v.taken() {
		if asked == "prod-us" {
			tests++
		}
	}
	if tests != 4 {
		t.Errorf("prod verified %d commits, want each of 4", tests)
	}
}

// TestARewrittenBranchEndsWhatItHasLost force-pushes a commit away that is being verified, and one that waits.
func TestARewrittenBranchEndsWhatItHasLost(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	release := v.block("test")
	lost := r.route("lost")
	v.taken()
	r.passUntil(func() bool { return v.asks("test") })
	r.git("reset", "--quiet", "--hard", "HEAD^")
	other := r.route("other")
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, env := range []string{"test", "uat", "prod"} {
		if diff := r.entries(env, lost); len(diff) == 0 || diff[len(diff)-1] != "superseded" {
			t.Errorf("%s: the lost commit has no end: %v", env, diff)
		}
		if last, _ := r.config.Journal.Last(env, ""); last.Commit != other {
			t.Errorf("%s ended with %s", env, last.Commit)
		}
	}
	if r.has("prod-eu", "routes/lost") || !r.has("prod-eu", "routes/other") {
		t.Error("the gateway does not follow the branch as it is now")
	}
}
