package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// routes compares what answers requests before and after.
func (b *breaks) routes() {
	was, willBe := b.touched(b.live), b.touched(b.next)
	at := seatsOf(append(slices.Clone(was), willBe...))
	b.before, b.after = newAnswers(b.live, at), newAnswers(b.next, at)
	lost := map[gateway.Key][]reach{}
	for _, one := range was {
		if by, ok := b.after.find(one, true); ok {
			b.compare(one.route, by.route)
		} else {
			lost[one.route.Key] = append(lost[one.route.Key], one)
		}
	}
	for key, list := range lost {
		b.lost(b.live[key], list)
	}
	for _, one := range willBe {
		b.willBe(one)
	}
}

// touched lists the reaches of the routes that change, or that inherit from what changes, on either side.
func (b *breaks) touched(state gateway.State) []reach {
	inherited := false
	for key := range b.changed {
		inherited = inherited || key.Kind != gateway.Routes
	}
	changed := func(key gateway.Key) bool { return b.changed[key] }
	var keys []gateway.Key
	for key := range state {
		if key.Kind == gateway.Routes && (b.changed[key] || inherited &&
			(slices.ContainsFunc(parents(b.live[key]), changed) || slices.ContainsFunc(parents(b.next[key]), changed))) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	var list []reach
	for _, key := range keys {
		list = append(list, reaches(state, state[key])...)
	}
	return list
}

// parents are a route and what it inherits from, in the order in which they hide each other.
func parents(r gateway.Resource) []gateway.Key {
	return []gateway.Key{r.Key, {Kind: gateway.PluginConfigs, ID: gateway.Show(r.Spec["plugin_config_id"])}, serviceOf(r)}
}

// lost notes the requests of a route that nothing answers any more.
func (b *breaks) lost(old gateway.Resource, list []reach) {
	how := map[string][]string{}
	for _, one := range list {
		loss := b.loss(one)
		how[loss] = append(how[loss], one.text())
	}
	for loss, texts := range how {
		b.note(fmt.Sprintf(loss, several(texts)), old.Key.String(), append(parents(old), parents(b.next[old.Key])...)...)
	}
}

// loss says what becomes of requests of which no route takes all.
func (b *breaks) loss(one reach) string {
	if _, ok := b.after.find(one, false); ok {
		return "asks more of requests to %s (vars, addresses or filter)"
	}
	for _, left := range reaches(b.next, b.next[one.route.Key]) {
		if one.takesIn(left.match) {
			return "answers only a part of %s"
		}
	}
	return "no longer answers %s"
}

// willBe looks for who answered requests before: a route may take some of those that another one keeps answering.
func (b *breaks) willBe(one reach) {
	if by, ok := b.after.find(one, true); !ok || by.route.Key != one.route.Key {
		return
	}
	if by, ok := b.before.find(one, true); ok {
		b.compare(by.route, one.route)
	} else if by, ok := b.before.find(one, false); ok && priority(one.route) > priority(by.route) {
		b.compare(by.route, one.route)
	}
}

func several(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
}

// compare looks for what stands between a client and the backend on the new route and did not on the old.
func (b *breaks) compare(old, next gateway.Resource) {
	pair := [2]gateway.Key{old.Key, next.Key}
	if b.compared[pair] {
		return
	}
	b.compared[pair] = true
	was, will := active(effectivePlugins(b.live, old)), active(effectivePlugins(b.next, next))
	for _, name := range slices.Sorted(maps.Keys(will)) {
		what := ""
		if _, limits := limiters()[name]; limits {
			what = lowered(name, was[name], will[name])
		} else if slices.Contains(authentications(), name) && was[name] == nil && b.everywhere[name] == nil {
			what = "asks for authentication by " + name
		}
		if what != "" {
			b.note(what, next.Key.String(), b.source(name, old, next)...)
		}
	}
}

// source says which change brings a plugin to a route: that of where it stands if it stood on the same route before, else that of the
// route.
func (b *breaks) source(name string, old, next gateway.Resource) []gateway.Key {
	blame := []gateway.Key{next.Key, old.Key}
	for _, key := range parents(next) {
		plugins, _ := b.next[key].Spec["plugins"].(map[string]any)
		if _, here := plugins[name]; !here {
			continue
		}
		if old.Key == next.Key && slices.Contains(parents(old), key) {
			return append([]gateway.Key{key}, blame...)
		}
		return append(blame, key)
	}
	return append(blame, slices.Concat(parents(next), parents(old))...)
}

// authentications are the plugins that ask a client who it is.
func authentications() []string {
	return []string{
		"authz-casbin", "authz-casdoor", "authz-keycloak", "basic-auth", "cas-auth", "dingtalk-auth", "feishu-auth", "forward-auth",
		"hmac-auth", "jwe-decrypt", "jwt-auth", "key-auth", "ldap-auth", "multi-auth", "opa", "openid-connect", "saml-auth", "wolf-rbac",
	}
}

// active leaves out the plugins that are switched off.
func active(plugins map[string]any) map[string]map[string]any {
	on := map[string]map[string]any{}
	for name, conf := range plugins {
		conf, _ := conf.(map[string]any)
		if meta, _ := conf["_meta"].(map[string]any); meta["disable"] != true {
			on[name] = conf
			if conf == nil {
				on[name] = map[string]any{}
			}
		}
	}
	return on
}
