package plan

import (
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// inParts takes the updates apart that can't be made at one go: what goes stays until the rest is in place everywhere, and is removed in
// contract. It returns what comes first, in the place of the updates, and what comes last.
func inParts(updates []Change) (first, last []Change) {
	for _, c := range updates {
		between, why := c.between()
		if between == nil {
			first = append(first, c)
			continue
		}
		middle := gateway.Resource{Key: c.Key, Spec: between, Origin: c.New.Origin}
		if fields := fields(c.Old, &middle); len(fields) > 0 {
			first = append(first, Change{Op: c.Op, Key: c.Key, Old: c.Old, New: &middle, Fields: fields, Needs: c.Needs, Why: why.first})
		}
		last = append(last, Change{Op: Update, Key: c.Key, Old: &middle, New: c.New, Fields: fields(&middle, c.New), Why: why.last})
	}
	return first, last
}

// reason says what the two parts of an update are for.
type reason struct{ first, last string }

// between is the form between the two parts of an update; nil when it needs none.
func (c Change) between() (map[string]any, reason) {
	if spec := drained(c); spec != nil {
		return spec, reason{"gives nodes that go no new requests", "removes nodes that have no requests left"}
	}
	if spec := trusting(c); spec != nil {
		return spec, reason{"trusts clients of the old and of the new CA", "drops the old CA"}
	}
	return nil, reason{}
}

// trusting returns the new form of a certificate with the old CA of its clients kept beside the new one; nil when that does not change.
func trusting(c Change) map[string]any {
	if c.Key.Kind != gateway.SSLs {
		return nil
	}
	was, _ := c.Old.Spec["client"].(map[string]any)
	will, _ := c.New.Spec["client"].(map[string]any)
	old, _ := was["ca"].(string)
	next, _ := will["ca"].(string)
	if !isPEM(old) || !isPEM(next) || strings.Contains(next, strings.TrimSpace(old)) || strings.Contains(old, strings.TrimSpace(next)) {
		return nil
	}
	return withValue(c.New.Spec, gateway.Path{gateway.Field("client"), gateway.Field("ca")},
		strings.TrimSpace(old)+"\n"+strings.TrimSpace(next)+"\n").(map[string]any)
}

func isPEM(text string) bool { return strings.Contains(text, "-----BEGIN CERTIFICATE-----") }
