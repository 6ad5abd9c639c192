package plan

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// A credential holds one plugin. When it changes to another one while what asks for it changes too, a temporary credential of the same
// consumer holds the old identity until contract. It takes it right after the first has let go, as only one may hold it.

// credentials are the changes by which identities stay known.
type credentials struct{ freed, raise, lower []Change }

func (d *diff) keepCredentials() credentials {
	var kept credentials
	altered, wanted := d.altered(), d.wanted()
	mayStay := func(c Change) bool {
		return c.Key.Kind == gateway.Credentials && len(gateway.Hidden(*c.Old)) == 0 &&
			slices.ContainsFunc(lostPlugins(c.Old.Spec, c.New.Spec), func(name string) bool {
				conf := c.Old.Spec["plugins"].(map[string]any)[name]
				return altersElsewhere(altered, name) && !takenOver(c.Key, name, conf, wanted)
			})
	}
	kept.freed, d.updates = split(d.updates, mayStay)
	for _, c := range kept.freed {
		copied := credentialOf(*c.Old)
		why := "keeps the old identity of " + c.Key.String() + " while that changes"
		kept.raise = append(kept.raise, Change{Op: Create, Key: copied.Key, New: &copied, Fields: fields(nil, &copied), Why: why})
		if _, left := d.live[copied.Key]; !left { // by a pass that was cut off: its delete is in the plan already
			kept.lower = append(kept.lower, Change{Op: Delete, Key: copied.Key, Old: &copied, Fields: fields(&copied, nil), Why: why})
		}
		d.warnings.Add(diag.Warningf(c.New.Origin.Place(nil), "claim-moves",
			"%s changes its plugin, and its old identity stays with a temporary credential: the gateway allows one holder, so for a moment there is none", c.Key).
			WithHint("add the new one as a second credential, and remove the first in a later commit"))
	}
	return kept
}

// credentialOf returns a temporary credential of the same consumer.
func credentialOf(r gateway.Resource) gateway.Resource {
	copied := copyOf(r)
	username, _, _ := strings.Cut(r.Key.ID, "/")
	copied.Key.ID = username + "/" + copied.Key.ID
	return copied
}
