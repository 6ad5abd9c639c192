package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// A consumer-restriction lets in or keeps out by name. While what is named is renamed or moves, its lists hold the old and the new names:
// they are widened before anything else changes, and narrowed in contract.

const restriction = "consumer-restriction"

// widen returns what gives lists both names, and notes that they keep them until contract. From then on live is what the gateway has
// after these updates.
func (d *diff) widen(l lingering) []Change {
	var widened []Change
	live := maps.Clone(d.live)
	for i, c := range d.updates {
		if c.Op != Update || !d.widens(restrictionOf(c.Old), restrictionOf(c.New)) {
			continue
		}
		old, next := restrictionOf(c.Old), restrictionOf(c.New)
		middle := lingering{c.Key: {restriction: united(old, old, next)}}.with(*c.Old)
		widened = append(widened, Change{Op: Update, Key: c.Key, Old: c.Old, New: &middle, Fields: fields(c.Old, &middle),
			Why: "holds the old and the new names while what they name changes"})
		d.updates[i].Old, d.updates[i].Fields = &middle, fields(&middle, c.New)
		live[c.Key] = middle
		l.add(c.Key, restriction, united(next, old, next))
	}
	d.live = live
	return slices.DeleteFunc(widened, func(c Change) bool { return len(c.Fields) == 0 })
}

func restrictionOf(r *gateway.Resource) map[string]any {
	plugins, _ := r.Spec["plugins"].(map[string]any)
	conf, _ := plugins[restriction].(map[string]any)
	return conf
}

var nameLists = []string{"blacklist", "whitelist"}

// widens reports whether somebody moves between the names of two configurations, and nobody meets under both what he meets neither
// before nor after.
func (d *diff) widens(old, next map[string]any) bool {
	if old == nil || next == nil || !gateway.Equal(old["type"], next["type"]) {
		return false
	}
	kind, _ := old["type"].(string)
	concerned := false
	for _, m := range d.moves(kind) {
		for _, field := range nameLists {
			before, after := names(old[field]), names(next[field])
			if len(before) == 0 || len(after) == 0 {
				continue
			}
			was, willBe := before[m.from], after[m.to]
			if !was && !willBe && (after[m.from] || before[m.to]) {
				return false
			}
			concerned = concerned || m.from != m.to && (was && !after[m.from] || willBe && !before[m.to])
		}
	}
	return concerned
}

func names(list any) map[string]bool {
	set := map[string]bool{}
	items, _ := list.([]any)
	for _, item := range items {
		set[gateway.Show(item)] = true
	}
	return set
}

// united returns a configuration with the names of an old and a new one: the new ones first, so that nothing is left to narrow where no
// name goes.
func united(conf, old, next map[string]any) map[string]any {
	out := maps.Clone(conf)
	for _, field := range nameLists {
		before, listed := old[field].([]any)
		after, both := next[field].([]any)
		if !listed || !both {
			continue
		}
		has := names(after)
		goes := slices.DeleteFunc(slices.Clone(before), func(name any) bool { return has[gateway.Show(name)] })
		out[field] = slices.Concat(after, goes)
	}
	return out
}

// namedMove is the name by which a list knows somebody now, and the one by which it will; "" where there is none.
type namedMove struct{ from, to string }

// moves lists how those are known that a list of this type names: consumers by their own name or by that of their group, routes by their
// own or by that of their service.
func (d *diff) moves(kind string) []namedMove {
	of, by := gateway.Consumers, ""
	switch kind {
	case "consumer_group_id":
		by = "group_id"
	case "service_id":
		of, by = gateway.Routes, "service_id"
	case "route_id":
		of = gateway.Routes
	}
	found := map[namedMove]bool{}
	for _, state := range []gateway.State{d.live, d.desired} {
		for key := range state {
			if key.Kind == of {
				found[namedMove{nameOf(d.live[key], by), nameOf(d.desired[key], by)}] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

func nameOf(r gateway.Resource, by string) string {
	if by == "" {
		return r.Key.ID
	}
	if id, ok := r.Spec[by]; ok {
		return gateway.Show(id)
	}
	return ""
}

// named are the groups and services that lists let in or keep out.
func (d *diff) named() map[gateway.Key]bool {
	kinds := map[string]gateway.Kind{"consumer_group_id": gateway.ConsumerGroups, "service_id": gateway.Services}
	found := map[gateway.Key]bool{}
	for _, state := range []gateway.State{d.live, d.desired} {
		for _, r := range state {
			conf := restrictionOf(&r)
			kind, _ := conf["type"].(string)
			for _, field := range nameLists {
				for name := range names(conf[field]) {
					found[gateway.Key{Kind: kinds[kind], ID: name}] = true
				}
			}
		}
	}
	return found
}
