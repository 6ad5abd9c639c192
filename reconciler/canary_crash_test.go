package reconciler_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
)

// settleUnder runs passes until nothing verifies, or ctx ends.
func (c *canaryRig) settleUnder(ctx context.Context) {
	for ctx.Err() == nil {
		pass, err := c.Once(ctx)
		if err != nil || !pass.Verifying {
			return
		}
		_ = c.Settled(ctx)
	}
}

// TestACanaryKilledAtEveryWriteConverges kills at each write of a canary forward, and of one that is taken back, and looks that the share of
// the new upstream never falls on the way up.
func TestACanaryKilledAtEveryWriteConverges(t *testing.T) {
	for _, test := range []struct {
		name, fails, state string
		from               int // the two have their first writes in common: each kills at every other one
	}{{"forward", "", "applied", 1}, {"taken back", "prod-eu 25", "failed", 2}} {
		t.Run(test.name, func(t *testing.T) {
			c := newCanaryRig(t, "[prod-eu]", "")
			c.failAt(test.fails)
			runs := "1980"
			for writes, cut := test.from, true; cut; writes += 2 {
				c.taken()
				next := strconv.Itoa(2000 + writes)
				c.upstream(next)
				cut = c.killIn(writes, c.settleUnder)
				c.restart()
				c.settle()
				c.wantStates("test applied, uat applied, prod " + test.state)
				if test.fails == "" {
					runs = next
					c.neverFalls()
				}
				c.isClean("prod-eu", runs)
			}
		})
	}
}

// neverFalls looks at what was asked: each step comes after the one before, or once more.
func (c *canaryRig) neverFalls() {
	c.t.Helper()
	order := map[string]int{"prod-eu 5": 1, "prod-eu 25": 2, "prod-eu 50": 3, "prod-eu whole": 4}
	last := 0
	for _, step := range c.taken() {
		if at := order[step]; at == last || at == last+1 {
			last = at
			continue
		}
		c.t.Errorf("%s comes after step %d", step, last)
	}
}

func TestGuardsSeeWhereACanaryLeadsToOnce(t *testing.T) {
	c := newCanaryRig(t, "[prod-eu]", "guard: {protect: [routes/more]}\n")
	c.route("more")
	c.settle()
	c.wantStates("test applied, uat applied, prod applied")
	c.taken()
	c.git("rm", "--quiet", "base/more.yaml")
	c.upstream("1981")
	c.settle()
	c.wantStates("test applied, uat applied, prod held")
	if asked := c.taken(); len(asked) > 0 {
		t.Errorf("it was begun: %v", asked)
	}
	env, _ := c.Status().Environment("prod")
	_, allow, ok := strings.Cut(env.Detail, "to allow it: ")
	if !ok {
		t.Fatalf("nothing says how to allow it: %s", env.Detail)
	}
	allow, _, _ = strings.Cut(allow, "\n")
	c.commit("leave\n\n" + allow)
	c.settle()
	c.wantStates("test unchanged, uat unchanged, prod applied")
	c.want("asked", []string{"prod-eu 5", "prod-eu 25", "prod-eu 50", "prod-eu whole"}, c.taken())
	c.isClean("prod-eu", "1981")
}
