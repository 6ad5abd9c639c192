package apply_test

import (
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// Parts of bodies that the cases of callers have in common. Each key that a probe sends is a user with that password too.
const (
	shut       = `"ip-restriction": {"blacklist": ["192.0.2.1"]}` // where the probes come from
	withBasic  = `"basic-auth": {}`
	knownByKey = `"key-auth": {"key": "k1"}`
	knownBasic = `"basic-auth": {"username": "k1", "password": "k1"}`
	askingOnA  = `routes/r {"uri": "/x", "plugins": {` + withKey + `}, "upstream": {` + onA + `}}`
)

var identityCases = []orderCase{
	{
		name: "a consumer group gives its protection to a route",
		live: `consumer_groups/g {"plugins": {` + shut + `}}
			consumers/jack {"group_id": "g", "plugins": {` + knownByKey + `}}
			` + askingOnA,
		want: `consumer_groups/g {"plugins": {"request-id": {}}}
			consumers/jack {"group_id": "g", "plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + shut + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a consumer leaves the group that protects when a route begins to",
		live: `consumer_groups/g {"plugins": {` + shut + `}}
			consumers/jack {"group_id": "g", "plugins": {` + knownByKey + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + shut + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a consumer gives its protection to a service",
		live: `consumers/jack {"plugins": {` + knownByKey + `, ` + shut + `}}
			services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `consumers/jack {"plugins": {` + knownByKey + `}}
			services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `, ` + shut + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a service gives its protection to a consumer",
		live: `consumers/jack {"plugins": {` + knownByKey + `}}
			services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `, ` + shut + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `consumers/jack {"plugins": {` + knownByKey + `, ` + shut + `}}
			services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "k1@h.test/x", breaks: reversed,
	},
	{
		name: "a consumer gives its protection to a global rule",
		live: `consumers/jack {"plugins": {` + knownByKey + `, ` + shut + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + knownByKey + `}}
			global_rules/g {"plugins": {` + shut + `}}
			` + askingOnA,
		probes: "k1@h.test/x", breaks: reversed,
	},
	{
		name: "a global rule gives its protection to a route and takes another",
		live: `consumers/jack {"plugins": {` + knownByKey + `}}
			global_rules/g {"plugins": {` + shut + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + knownByKey + `}}
			global_rules/g {"plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "plugins": {` + shut + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x", breaks: rulesFirst,
	},
	{
		name: "a consumer gives a mark to a route",
		live: `consumers/jack {"plugins": {` + knownByKey + `, ` + marked1 + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + marked2 + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a consumer is known by a password in the place of a key, and the route asks for that",
		live: `consumers/jack {"plugins": {` + knownByKey + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + knownBasic + `}}
			routes/r {"uri": "/x", "plugins": {` + withBasic + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a route asks for nothing any more and a consumer loses its key",
		live: `consumers/jack {"plugins": {` + knownByKey + `, ` + marked1 + `}}
			` + askingOnA,
		want: `consumers/jack {"plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a group that is let in by name is renamed",
		live: `consumer_groups/gold {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "gold", "plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + lets("consumer_group_id", "gold") + `}, "upstream": {` + onA + `}}`,
		want: `consumer_groups/golden {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "golden", "plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + lets("consumer_group_id", "golden") + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a group that is kept out by name is renamed",
		live: `consumer_groups/bad {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "bad", "plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + keepsOut("consumer_group_id", "bad") + `}, "upstream": {` + onA + `}}`,
		want: `consumer_groups/worse {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "worse", "plugins": {` + knownByKey + `}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `, ` + keepsOut("consumer_group_id", "worse") + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a service that lets a consumer in by name is renamed",
		live: `consumers/jack {"plugins": {` + knownByKey + `, ` + lets("service_id", "s1") + `}}
			services/s1 {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s1"}`,
		want: `consumers/jack {"plugins": {` + knownByKey + `, ` + lets("service_id", "s2") + `}}
			services/s2 {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s2"}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a consumer comes with its group",
		live: askingOnA,
		want: `consumer_groups/g {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "g", "plugins": {` + knownByKey + `}}
			` + askingOnA,
		probes: "k1@h.test/x",
	},
	{
		name: "a consumer goes with its group",
		live: `consumer_groups/g {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "g", "plugins": {` + knownByKey + `}}
			` + askingOnA,
		want:   askingOnA,
		probes: "k1@h.test/x",
	},
}

func lets(kind, name string) string {
	return `"consumer-restriction": {"type": "` + kind + `", "whitelist": ["` + name + `"]}`
}

func keepsOut(kind, name string) string {
	return `"consumer-restriction": {"type": "` + kind + `", "blacklist": ["` + name + `"]}`
}

// rulesFirst takes the global rules as they will be, and everything else after them.
func rulesFirst(p plan.Plan) plan.Plan {
	last := naive(p)
	var rules plan.Step
	for _, step := range last.Steps {
		for _, c := range step.Changes {
			if c.Key.Kind == gateway.GlobalRules {
				rules.Changes = append(rules.Changes, c)
			}
		}
	}
	return plan.Plan{Steps: append([]plan.Step{rules}, last.Steps...)}
}
