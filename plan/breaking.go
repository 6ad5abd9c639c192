package plan

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// breaks gathers what clients can notice of a difference: requests that nothing answers any more, authentication that was not asked
// for, limits that let less through, names that no certificate has. Only what can be told for certain to widen is left out.
type breaks struct {
	live, next gateway.State // before, and when the plan is done
	changed    map[gateway.Key]bool
	before     answers
	after      answers
	everywhere map[string]map[string]any // the plugins of all global rules before
	compared   map[[2]gateway.Key]bool
	found      map[gateway.Key][]finding
}

// finding is one thing that clients can notice, and the routes on which they do.
type finding struct {
	what string
	on   []string
}

// breaking says what clients can notice of each change.
func (d *diff) breaking() map[gateway.Key][]string {
	b := &breaks{
		live: d.live, next: d.afterwards(), changed: map[gateway.Key]bool{},
		everywhere: globalPlugins(d.live), compared: map[[2]gateway.Key]bool{}, found: map[gateway.Key][]finding{},
	}
	changes := slices.Concat(d.creates, d.updates, d.deletes)
	for _, c := range changes {
		b.changed[c.Key] = b.changed[c.Key] || c.Writes()
	}
	if slices.ContainsFunc(changes, Change.shapesTraffic) {
		b.routes()
	}
	for _, c := range changes {
		b.change(c)
	}
	return b.sentences()
}

// afterwards is the state when the plan is done.
func (d *diff) afterwards() gateway.State {
	next := make(gateway.State, len(d.desired)+len(d.foreigners))
	for key, r := range d.foreigners {
		next[key] = r
	}
	for key, r := range d.desired {
		next[key] = r
	}
	return next
}

// shapesTraffic reports whether a change may decide which route takes a request, or what stands before its backend. What a service
// or a plugin config does when it comes or goes is done by the routes that change with it.
func (c Change) shapesTraffic() bool {
	switch c.Key.Kind {
	case gateway.Routes:
		return c.Old == nil || c.New == nil || slices.ContainsFunc(c.Fields, Field.shapesTraffic)
	case gateway.Services, gateway.PluginConfigs:
		return c.Old != nil && c.New != nil && slices.ContainsFunc(c.Fields, Field.shapesTraffic)
	}
	return false
}

func (f Field) shapesTraffic() bool {
	return len(f.Path) == 0 || slices.Contains([]string{
		"host", "hosts", "uri", "uris", "methods", "vars", "remote_addr", "remote_addrs", "filter_func", "status", "priority",
		"plugins", "plugin_config_id", "service_id",
	}, f.Path[0].Key)
}

// change looks at the kinds that need no routes to tell.
func (b *breaks) change(c Change) {
	switch c.Key.Kind {
	case gateway.SSLs:
		b.certificate(c)
	case gateway.StreamRoutes:
		b.streamRoute(c)
	case gateway.GlobalRules:
		b.globalRule(c)
	case gateway.Consumers, gateway.ConsumerGroups:
		b.consumer(c)
	}
}

// note keeps a finding at the first of the keys that the plan changes.
func (b *breaks) note(what, on string, blame ...gateway.Key) {
	i := slices.IndexFunc(blame, func(key gateway.Key) bool { return b.changed[key] })
	if i < 0 {
		return
	}
	list := b.found[blame[i]]
	at := slices.IndexFunc(list, func(f finding) bool { return f.what == what })
	if at < 0 {
		at, list = len(list), append(list, finding{what: what})
	}
	if on != blame[i].String() && !slices.Contains(list[at].on, on) {
		list[at].on = append(list[at].on, on)
	}
	b.found[blame[i]] = list
}

func (b *breaks) sentences() map[gateway.Key][]string {
	all := map[gateway.Key][]string{}
	for key, list := range b.found {
		for _, f := range list {
			text := f.what
			if len(f.on) > 0 {
				slices.Sort(f.on)
				text += " on " + some(f.on)
			}
			all[key] = append(all[key], text)
		}
		slices.Sort(all[key])
	}
	return all
}

// markBreaking puts on each change what clients can notice of it: on the last one of a resource that changes in several steps.
func markBreaking(steps []Step, found map[gateway.Key][]string) {
	done := map[gateway.Key]bool{}
	for _, step := range slices.Backward(steps) {
		for i := range step.Changes {
			if c := &step.Changes[i]; !done[c.Key] {
				done[c.Key], c.Breaking = true, found[c.Key]
			}
		}
	}
}

// Breaking counts the changes that clients can notice.
func (p Plan) Breaking() int {
	n := 0
	for _, change := range p.Changes() {
		if len(change.Breaking) > 0 {
			n++
		}
	}
	return n
}

// checkBreaking refuses what clients can notice where the environment denies that.
func checkBreaking(found map[gateway.Key][]string, policy Policy) []Refusal {
	if !policy.DenyBreaking || len(found) == 0 {
		return nil
	}
	var keys []gateway.Key
	for key := range found {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	var names []string
	for _, key := range keys {
		names = append(names, fmt.Sprintf("%s %s", key, found[key][0]))
	}
	return []Refusal{{
		Guard: "breaking",
		What:  fmt.Sprintf("changes what clients can notice: %s", some(names)),
		Hint:  "keep the old way beside the new one until no client uses it, or allow this plan",
	}}
}
