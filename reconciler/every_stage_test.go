package reconciler_test

import (
	"strings"
	"testing"
)

// early is a stage that comes before test.
const early = `
-- environments/early/environment.yaml --
extends: [base]
groups: [early]
vars: {domain: early.acme.example}
-- environments/test/environment.yaml --
extends: [base]
after: [early]
groups: [test]
vars: {domain: test.acme.example}
rollout: {verify: {health: true}}
`

// TestQueueEveryWaitsForNoStageThatIsNewerThanTheCommit puts a stage before environments that have had their turns. What came to the branch
// before the stage, or before its first turn, never comes through it: the commit that the stage takes first carries it.
func TestQueueEveryWaitsForNoStageThatIsNewerThanTheCommit(t *testing.T) {
	for name, test := range map[string]struct {
		statuses, looks bool // every commit is looked at as it comes
	}{"unseen": {}, "seen": {looks: true}, "unseen, shown": {statuses: true}, "seen, shown": {statuses: true, looks: true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.addGroup("early", "early")
			r.config.Statuses = test.statuses
			v := r.verified(", queue: every")
			r.settle()
			look := func() {
				if test.looks {
					r.pass()
				}
			}
			release := v.block("prod-eu")
			commits := []string{r.route("first")}
			r.passUntil(func() bool { return v.asks("prod-eu") })
			commits = append(commits, r.route("old"))
			look()
			r.write(early)
			commits = append(commits, r.commit("a stage"))
			look()
			commits = append(commits, r.route("newer"), r.route("newest"))
			look()
			release()
			r.settle()
			r.settle()
			r.wantStates("early applied, test applied, uat applied, prod applied")
			for _, env := range []string{"test", "uat", "prod"} {
				for i, outcome := range r.outcomes(env, commits) {
					if !strings.HasSuffix(outcome, "applied") {
						t.Errorf("%s: %d: %s", env, i, outcome)
					}
				}
			}
		})
	}
}
