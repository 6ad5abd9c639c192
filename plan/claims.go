package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// claim is something that only one resource of a gateway may hold: a plugin among the global rules (since APISIX 3.15), an
// authentication key among consumers and credentials (since 3.18). The gateway refuses a second holder, so the first must let
// go before: the one case in which a release comes before what replaces it.
type claim struct {
	what   string // for people: "the global plugin cors"
	plugin string
	id     string // what tells two claims apart; may be a secret's text and is never shown
}

// releases takes the changes that let go of a claim which another change is about to take out of their ordinary place. It names those
// that take.
func (d *diff) releases() (gone []Change, takers map[gateway.Key]bool) {
	holders := d.holders()
	takers = map[gateway.Key]bool{}
	released := map[gateway.Key]bool{}
	for _, taker := range slices.Concat(d.creates, d.updates) {
		for _, claim := range inOrderOfPlugin(claims(*taker.New)) {
			holder, held := holders[claim]
			if held && holder != taker.Key && !claims(d.desired[holder])[claim] {
				released[holder], takers[taker.Key] = true, true
				d.warn(taker, holder, claim)
				d.refuseExposed(taker.Key, holder, claim)
				d.refuseUnknown(taker.Key, holder, claim)
			}
		}
	}
	early := func(c Change) bool { return released[c.Key] }
	var deletes []Change
	gone, deletes = split(d.deletes, early)
	changed, updates := split(d.updates, early)
	d.deletes, d.updates = deletes, updates
	for i := range gone {
		gone[i].Why = lettingGo
	}
	for _, c := range changed {
		if takes(c, holders) {
			c = d.letGoFirst(c)
		}
		gone = append(gone, c)
	}
	return gone, takers
}

const lettingGo = "lets go of what another resource takes over"

// takes reports whether a change takes a claim that another resource holds.
func takes(c Change, holders map[claim]gateway.Key) bool {
	for claim := range claims(*c.New) {
		if holder, held := holders[claim]; held && holder != c.Key {
			return true
		}
	}
	return false
}

// letGoFirst takes an update apart that both lets go and takes, as when two consumers swap their keys: it returns what lets go, and
// leaves what takes for its ordinary place.
func (d *diff) letGoFirst(c Change) Change {
	if c.Key.Kind != gateway.Consumers {
		d.creates = append(d.creates, Change{Op: Create, Key: c.Key, New: c.New, Fields: fields(nil, c.New)})
		return Change{Op: Delete, Key: c.Key, Old: c.Old, Fields: fields(c.Old, nil), Why: lettingGo}
	}
	// A consumer can't be deleted for this: its credentials would go with it.
	bare := gateway.Resource{Key: c.Key, Spec: maps.Clone(c.New.Spec), Origin: c.New.Origin}
	bare.Spec["plugins"] = unidentified(c.New.Spec)
	d.updates = append(d.updates, Change{Op: Update, Key: c.Key, Old: &bare, New: c.New, Fields: fields(&bare, c.New)})
	return Change{Op: c.Op, Key: c.Key, Old: c.Old, New: &bare, Fields: fields(c.Old, &bare), Why: lettingGo}
}

// unidentified are the plugins of a consumer without those by which it is known.
func unidentified(spec map[string]any) map[string]any {
	plugins, _ := spec["plugins"].(map[string]any)
	others := maps.Clone(plugins)
	maps.DeleteFunc(others, func(name string, _ any) bool { return authKeys[name] != "" })
	return others
}

func (d *diff) warn(taker Change, holder gateway.Key, c claim) {
	d.warnings.Add(diag.Warningf(taker.New.Origin.Place(nil), "claim-moves",
		"%s moves from %s to %s: the gateway allows one holder, so for a moment there is none", c.what, holder, taker.Key).
		WithHint("keep it where it is and edit it in place, or add a second one and remove the first in a later commit"))
}

// protective names the plugins that keep requests out: without one of them, even for a moment, what it protects is open.
var protective = []string{
	"acl", "authz-casbin", "authz-casdoor", "authz-keycloak", "basic-auth", "cas-auth", "chaitin-waf", "consumer-restriction", "csrf",
	"dingtalk-auth", "feishu-auth", "forward-auth", "hmac-auth", "ip-restriction", "jwe-decrypt", "jwt-auth", "key-auth", "ldap-auth",
	"ldap-auth-advanced", "multi-auth", "opa", "openid-connect", "referer-restriction", "saml-auth", "ua-restriction", "uri-blocker",
	"wolf-rbac",
}

// refuseExposed stops a plan that takes a protection off every route for a moment: only a person may decide that.
func (d *diff) refuseExposed(taker, holder gateway.Key, c claim) {
	if holder.Kind != gateway.GlobalRules || !slices.Contains(protective, c.plugin) {
		return
	}
	d.refusals = append(d.refusals, Refusal{
		Guard: "exposed",
		What:  fmt.Sprintf("moves %s from %s to %s, and for a moment no rule has it: every route would stand open", c.plugin, holder, taker),
		Hint:  "keep the id and edit the rule in place, put the plugin on the routes in a commit before, or allow this plan",
	})
}

// refuseUnknown stops a plan that takes who a caller is from one consumer or credential to another: in between nobody knows the caller.
func (d *diff) refuseUnknown(taker, holder gateway.Key, c claim) {
	if holder.Kind == gateway.GlobalRules {
		return
	}
	d.refusals = append(d.refusals, Refusal{
		Guard: "identity-moves",
		What:  fmt.Sprintf("moves %s from %s to %s: until every instance has both writes, a second or two, its callers get 401", c.what, holder, taker),
		Hint:  "give the new one an identity of its own, move the callers, and remove the old one in a later commit, or allow this plan",
	})
}

// holders maps each claim of the live state to the resource that holds it.
func (d *diff) holders() map[claim]gateway.Key {
	holders := map[claim]gateway.Key{}
	for _, key := range d.live.Keys() { // in order: an older gateway lets two hold one, and the plan must not depend on chance
		for claim := range claims(d.live[key]) {
			holders[claim] = key
		}
	}
	return holders
}

// authKeys names the field that identifies a caller, by authentication plugin.
var authKeys = map[string]string{"key-auth": "key", "basic-auth": "username", "jwt-auth": "key", "hmac-auth": "key_id"}

// claims lists what a resource claims.
func claims(r gateway.Resource) map[claim]bool {
	plugins, _ := r.Spec["plugins"].(map[string]any)
	set := map[claim]bool{}
	for name, conf := range plugins {
		switch r.Key.Kind {
		case gateway.GlobalRules:
			set[claim{what: "the global plugin " + name, plugin: name}] = true
		case gateway.Consumers, gateway.Credentials:
			conf, _ := conf.(map[string]any)
			if id := identity(conf[authKeys[name]]); id != "" {
				set[claim{"the " + name + " identity", name, id}] = true
			}
		}
	}
	return set
}

// inOrderOfPlugin keeps what a plan says from depending on chance.
func inOrderOfPlugin(set map[claim]bool) []claim {
	return slices.SortedFunc(maps.Keys(set), func(a, b claim) int { return strings.Compare(a.plugin, b.plugin) })
}

func identity(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case gateway.Secret:
		return v.Reveal()
	}
	return ""
}
