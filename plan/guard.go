package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Guard limits what one plan may delete. The zero value has the default share and no other limit.
type Guard struct {
	MaxDeletes       *int     // nil: no limit by count
	MaxDeletePercent *int     // of the owned live resources; nil: DefaultDeletePercent
	Protect          []string // patterns over "kind/id" that may not be deleted, as "global_rules/*"
}

// DefaultDeletePercent is the share of the owned resources that a plan may delete when the environment does not say.
// Plans that delete at most FewDeletes are not measured by share: it says nothing about a handful.
const (
	DefaultDeletePercent = 50
	FewDeletes           = 5
)

// check returns the guards that the difference trips.
func (g Guard) check(d *diff, policy Policy) []Refusal {
	deletes := d.lasting()
	var refusals []Refusal
	refusals = append(refusals, g.checkCount(len(deletes))...)
	refusals = append(refusals, g.checkShare(len(deletes)-d.renames(deletes), d.owned)...)
	refusals = append(refusals, g.checkProtected(deletes)...)
	refusals = append(refusals, checkEmpty(d, len(deletes), policy)...)
	return append(refusals, checkAdopt(d, policy)...)
}

// lasting are the deletes of what a config repo had: what a pass that was cut off left behind is not guarded.
func (d *diff) lasting() []Change {
	return slices.DeleteFunc(slices.Clone(d.deletes), func(c Change) bool { return c.Key.Temporary() })
}

func (g Guard) checkCount(deletes int) []Refusal {
	if g.MaxDeletes == nil || deletes <= *g.MaxDeletes {
		return nil
	}
	return []Refusal{{
		Guard: "maxDeletes",
		What:  fmt.Sprintf("deletes %s, and guard.maxDeletes is %d", resources(deletes), *g.MaxDeletes),
		Hint:  "delete in smaller steps, or allow this plan",
	}}
}

func (g Guard) checkShare(deletes, owned int) []Refusal {
	limit := DefaultDeletePercent
	if g.MaxDeletePercent != nil {
		limit = *g.MaxDeletePercent
	} else if deletes <= FewDeletes {
		return nil
	}
	if owned == 0 || deletes*100 <= limit*owned {
		return nil
	}
	return []Refusal{{
		Guard: "maxDeletePercent",
		What: fmt.Sprintf("deletes %d of %d resources (%d %%), and the limit is %d %%",
			deletes, owned, deletes*100/owned, limit),
		Hint: "delete in smaller steps, raise guard.maxDeletePercent, or allow this plan",
	}}
}

func (g Guard) checkProtected(deletes []Change) []Refusal {
	var refusals []Refusal
	for _, change := range deletes {
		for _, pattern := range g.Protect {
			if protects(pattern, change.Key) {
				refusals = append(refusals, Refusal{
					Guard: "protect",
					What:  fmt.Sprintf("deletes %s, which guard.protect names in %q", change.Key, pattern),
					Hint:  "keep the resource, or take it out of guard.protect in the same commit",
				})
			}
		}
	}
	return refusals
}

// protects matches a pattern over "kind/id". A star matches within an id, and a trailing star everything below a kind, so
// that "credentials/*" protects "credentials/alice/key1" too.
func protects(pattern string, key gateway.Key) bool {
	if kind, all := strings.CutSuffix(pattern, "/*"); all && kind == string(key.Kind) {
		return true
	}
	matched, err := path.Match(pattern, key.String())
	return err == nil && matched
}

func checkEmpty(d *diff, deletes int, policy Policy) []Refusal {
	if len(d.desired) > 0 || deletes == 0 || policy.Empty {
		return nil
	}
	return []Refusal{{
		Guard: "empty",
		What:  fmt.Sprintf("empties the gateway group: all %d owned resources go", d.owned),
		Hint:  "an environment that is meant to be empty says so with empty: true in its environment.yaml",
	}}
}

func checkAdopt(d *diff, policy Policy) []Refusal {
	var taken []string
	for _, change := range d.updates {
		// Writing nothing takes nothing away: the same content may change hands without leave.
		if change.Op == Adopt && change.Writes() {
			taken = append(taken, change.Key.String())
		}
	}
	if len(taken) == 0 || policy.Adopt {
		return nil
	}
	return []Refusal{{
		Guard: "adopt",
		What:  fmt.Sprintf("takes over %s that Sluice does not own: %s", resources(len(taken)), some(taken)),
		Hint:  "adopt: allow in environment.yaml lets the environment take over what it names, or allow this plan",
	}}
}

func resources(n int) string {
	if n == 1 {
		return "1 resource"
	}
	return fmt.Sprintf("%d resources", n)
}

func some(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
