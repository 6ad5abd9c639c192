package apply_test

import "github.com/sluice-gitops/sluice/plan"

// orderCase is a row of the table of safe orders: what stands, what shall stand, and the requests that are made all the while.
type orderCase struct {
	name       string
	live, want string // as backends.state reads them
	probes     string
	closes     string                    // the backend that is stopped right after the apply
	breaks     func(plan.Plan) plan.Plan // how the order is broken for the counter-proof; nil: naive
	refused    bool                      // the gateway refuses the wrong order, or one PUT is safe too: there is no counter-proof
}

// Parts of bodies that the cases have in common.
const (
	onA      = `"nodes": {"$A": 1}`
	onB      = `"nodes": {"$B": 1}`
	onC      = `"nodes": {"$C": 1}`
	marked1  = `"response-rewrite": {"headers": {"set": {"X-Mark": "1"}}}`
	marked2  = `"response-rewrite": {"headers": {"set": {"X-Mark": "2"}}}`
	marked3  = `"response-rewrite": {"headers": {"set": {"X-Mark": "3"}}}`
	withKey  = `"key-auth": {}`
	twoNodes = `"retries": 0, "nodes": {"$A": 1, "$B": 1}`
)

var orderCases = []orderCase{
	{
		name: "a route moves from one upstream to another, and the first goes",
		live: `upstreams/a {` + onA + `}
			routes/r {"uri": "/x", "upstream_id": "a"}`,
		want: `upstreams/b {` + onB + `}
			routes/r {"uri": "/x", "upstream_id": "b"}`,
		probes: "h.test/x",
	},
	{
		name: "a route leaves an upstream that is given to others",
		live: `upstreams/a {` + onA + `}
			upstreams/b {` + onB + `}
			routes/r {"uri": "/x", "upstream_id": "a"}
			routes/s {"uri": "/y", "upstream_id": "a"}`,
		want: `upstreams/a {` + onC + `}
			upstreams/b {` + onB + `}
			routes/r {"uri": "/x", "upstream_id": "b"}
			routes/s {"uri": "/y", "upstream_id": "a"}`,
		probes: "h.test/x h.test/y",
	},
	{
		name: "two upstreams change and swap their routes",
		live: `upstreams/a {` + onA + `}
			upstreams/b {` + onB + `}
			routes/r {"uri": "/x", "upstream_id": "a"}
			routes/s {"uri": "/y", "upstream_id": "b"}`,
		want: `upstreams/a {` + onB + `}
			upstreams/b {` + onC + `}
			routes/r {"uri": "/x", "upstream_id": "b"}
			routes/s {"uri": "/y", "upstream_id": "a"}`,
		probes: "h.test/x h.test/y",
	},
	{
		name: "a service leaves an upstream that is given to others",
		live: `upstreams/a {` + onA + `}
			upstreams/b {` + onB + `}
			services/s {"upstream_id": "a"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `upstreams/a {` + onC + `}
			upstreams/b {` + onA + `}
			services/s {"upstream_id": "b"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x",
	},
	{
		name: "a service is renamed",
		live: `services/old {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "old"}`,
		want: `services/new {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "new"}`,
		probes: "h.test/x",
	},
	{
		name: "an upstream is renamed",
		live: `upstreams/old {` + onA + `}
			services/s {"upstream_id": "old"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `upstreams/new {` + onA + `}
			services/s {"upstream_id": "new"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x",
	},
	{
		name: "a plugin config is renamed",
		live: `plugin_configs/old {"plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "plugin_config_id": "old", "upstream": {` + onA + `}}`,
		want: `plugin_configs/new {"plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "plugin_config_id": "new", "upstream": {` + onA + `}}`,
		probes: "h.test/x",
	},
	{
		name:   "a route is renamed and changes",
		live:   `routes/old {"uri": "/x", "upstream": {` + onA + `}}`,
		want:   `routes/new {"uri": "/x", "upstream": {` + onB + `}}`,
		probes: "h.test/x",
	},
	{
		name: "two routes swap their hosts above one that takes every host",
		live: `routes/a {"uri": "/x", "hosts": ["a.test"], "upstream": {` + onA + `}}
			routes/b {"uri": "/x", "hosts": ["b.test"], "upstream": {` + onB + `}}
			routes/all {"uri": "/*", "upstream": {` + onC + `}}`,
		want: `routes/a {"uri": "/x", "hosts": ["b.test"], "upstream": {` + onA + `}}
			routes/b {"uri": "/x", "hosts": ["a.test"], "upstream": {` + onB + `}}
			routes/all {"uri": "/*", "upstream": {` + onC + `}}`,
		probes: "a.test/x b.test/x c.test/x",
	},
	{
		name: "a path moves between routes",
		live: `routes/a {"uris": ["/x", "/z"], "upstream": {` + onA + `}}
			routes/b {"uri": "/y", "upstream": {` + onB + `}}`,
		want: `routes/a {"uri": "/z", "upstream": {` + onA + `}}
			routes/b {"uris": ["/x", "/y"], "upstream": {` + onB + `}}`,
		probes: "h.test/x h.test/y h.test/z",
		breaks: reversed,
	},
	{
		name: "a service is split into two and changes",
		live: `services/s {"upstream": {` + onA + `}, "plugins": {` + marked1 + `}}
			routes/r {"uri": "/*", "service_id": "s"}`,
		want: `services/s {"upstream": {` + onB + `}, "plugins": {` + marked2 + `}}
			services/t {"upstream": {` + onA + `}, "plugins": {` + marked3 + `}}
			routes/api {"uri": "/api/*", "service_id": "t"}
			routes/r {"uri": "/*", "service_id": "s"}`,
		probes: "h.test/x h.test/api/1",
	},
	{
		name: "a node goes",
		live: `upstreams/u {` + twoNodes + `}
			routes/r {"uri": "/x", "upstream_id": "u"}`,
		want: `upstreams/u {"retries": 0, ` + onA + `}
			routes/r {"uri": "/x", "upstream_id": "u"}`,
		probes: "h.test/x", closes: "B",
	},
	{
		name: "all nodes of a service go and others come",
		live: `services/s {"upstream": {` + twoNodes + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `services/s {"upstream": {"retries": 0, ` + onC + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x", closes: "A",
	},
	{
		name: "authentication is turned on in a service",
		live: `services/s {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s"}
			consumers/jack {}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}`,
		probes: "k1@h.test/x",
		breaks: reversed,
	},
	{
		name: "authentication is turned on in a plugin config",
		live: `plugin_configs/p {"plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "plugin_config_id": "p", "upstream": {` + onA + `}}`,
		want: `plugin_configs/p {"plugins": {` + marked1 + `, ` + withKey + `}}
			routes/r {"uri": "/x", "plugin_config_id": "p", "upstream": {` + onA + `}}
			consumers/jack {}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}`,
		probes: "k1@h.test/x",
		breaks: reversed,
	},
	{
		name: "authentication is turned off and the consumer goes",
		live: `services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "service_id": "s"}
			consumers/jack {}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}`,
		want: `services/s {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a global rule with authentication goes with its consumer",
		live: `routes/r {"uri": "/x", "upstream": {` + onA + `}}
			global_rules/g {"plugins": {` + withKey + `}}
			consumers/jack {}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}`,
		want:   `routes/r {"uri": "/x", "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a public route leaves a service that begins to ask for a key",
		live: `services/s {"upstream": {` + onA + `}}
			services/p {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			services/p {"upstream": {` + onA + `}, "plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "service_id": "p"}`,
		probes: "h.test/x",
	},
	{
		name: "a public route joins a service that no longer asks for a key",
		live: `services/s {"upstream": {` + onA + `}, "plugins": {` + withKey + `}}
			services/p {"upstream": {` + onA + `}}
			routes/r {"uri": "/x", "service_id": "p"}`,
		want: `services/s {"upstream": {` + onB + `}}
			services/p {"upstream": {` + onA + `}, "plugins": {` + marked1 + `}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x",
		breaks: reversed,
	},
	{
		name: "a route with a key leaves a plugin config that becomes public",
		live: `plugin_configs/p {"plugins": {` + withKey + `}}
			plugin_configs/q {"plugins": {` + withKey + `}}
			routes/r {"uri": "/x", "plugin_config_id": "p", "upstream": {` + onA + `}}`,
		want: `plugin_configs/p {"plugins": {` + marked1 + `}}
			plugin_configs/q {"plugins": {` + withKey + `, ` + marked2 + `}}
			routes/r {"uri": "/x", "plugin_config_id": "q", "upstream": {` + onA + `}}`,
		probes: "h.test/x",
	},
	{
		name: "a consumer leaves a group that changes",
		live: `consumer_groups/g {"plugins": {` + marked1 + `}}
			consumer_groups/h {"plugins": {` + marked2 + `}}
			consumers/jack {"group_id": "g"}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `}, "upstream": {` + onA + `}}`,
		want: `consumer_groups/g {"plugins": {` + marked3 + `}}
			consumer_groups/h {"plugins": {` + marked1 + `}}
			consumers/jack {"group_id": "h"}
			credentials/jack/k {"plugins": {"key-auth": {"key": "k1"}}}
			routes/r {"uri": "/x", "plugins": {` + withKey + `}, "upstream": {` + onA + `}}`,
		probes: "k1@h.test/x",
	},
	{
		name: "a canary comes by a traffic split",
		live: `upstreams/u {` + onA + `}
			services/s {"upstream_id": "u"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `upstreams/u {` + onA + `}
			upstreams/canary {` + onB + `}
			services/s {"upstream_id": "u", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "canary", "weight": 0}, {"weight": 1}]}]}}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x",
		breaks: reversed,
	},
	{
		name: "a canary of a traffic split goes",
		live: `upstreams/u {` + onA + `}
			upstreams/canary {` + onB + `}
			services/s {"upstream_id": "u", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "canary", "weight": 0}, {"weight": 1}]}]}}}
			routes/r {"uri": "/x", "service_id": "s"}`,
		want: `upstreams/u {` + onA + `}
			services/s {"upstream_id": "u"}
			routes/r {"uri": "/x", "service_id": "s"}`,
		probes: "h.test/x", refused: true,
	},
	{
		name: "a route leaves a traffic split whose upstream is given to others",
		live: `upstreams/u {` + onA + `}
			upstreams/canary {` + onB + `}
			routes/r {"uri": "/x", "upstream_id": "u", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "canary", "weight": 1}, {"weight": 1}]}]}}}
			routes/s {"uri": "/y", "upstream_id": "canary"}`,
		want: `upstreams/u {` + onA + `}
			upstreams/canary {` + onC + `}
			routes/r {"uri": "/x", "upstream_id": "u"}
			routes/s {"uri": "/y", "upstream_id": "canary"}`,
		probes: "h.test/x h.test/y",
	},
	{
		name:   "a certificate is renewed under its id",
		live:   `ssls/s {"sni": "a.test", "cert": "#one", "key": "#one.key"}`,
		want:   `ssls/s {"sni": "a.test", "cert": "#two", "key": "#two.key"}`,
		probes: "tls:a.test", breaks: deleteFirst,
	},
	{
		name:   "a certificate is renewed under another id",
		live:   `ssls/old {"sni": "a.test", "cert": "#one", "key": "#one.key"}`,
		want:   `ssls/new {"sni": "a.test", "cert": "#two", "key": "#two.key"}`,
		probes: "tls:a.test",
	},
	{
		name: "a server name moves from one certificate to another, and back goes another name",
		live: `ssls/s {"snis": ["a.test"], "cert": "#one", "key": "#one.key"}
			ssls/t {"snis": ["b.test"], "cert": "#two", "key": "#two.key"}`,
		want: `ssls/s {"snis": ["b.test"], "cert": "#one", "key": "#one.key"}
			ssls/t {"snis": ["a.test"], "cert": "#two", "key": "#two.key"}`,
		probes: "tls:a.test tls:b.test",
	},
	{
		name: "the CA of clients changes",
		live: `ssls/s {"sni": "a.test", "cert": "#one", "key": "#one.key", "client": {"ca": "#one"}}
			routes/r {"uri": "/x", "upstream": {` + onA + `}}`,
		want: `ssls/s {"sni": "a.test", "cert": "#one", "key": "#one.key", "client": {"ca": "#two"}}
			routes/r {"uri": "/x", "upstream": {` + onA + `}}`,
		probes: "tls:one@a.test tls:two@a.test", refused: true,
	},
	{
		name: "an upstream, its service and its route are renamed at once",
		live: `upstreams/u1 {` + onA + `}
			services/s1 {"upstream_id": "u1", "hosts": ["a.test"]}
			routes/r1 {"uri": "/x", "service_id": "s1"}`,
		want: `upstreams/u2 {` + onA + `}
			services/s2 {"upstream_id": "u2", "hosts": ["a.test"]}
			routes/r2 {"uri": "/x", "service_id": "s2"}`,
		probes: "a.test/x",
	},
	{
		name: "a narrow route is switched off over a wide one that changes",
		live: `routes/narrow {"uri": "/x/a", "upstream": {` + onA + `}}
			routes/wide {"uri": "/x/*", "upstream": {` + onB + `}}`,
		want: `routes/narrow {"uri": "/x/a", "status": 0, "upstream": {` + onA + `}}
			routes/wide {"uri": "/x/*", "upstream": {` + onC + `}}`,
		probes: "h.test/x/a h.test/x/b",
	},
	{
		name: "a narrow route leaves with its service's host over a wide one that changes",
		live: `services/s {"hosts": ["a.test"], "upstream": {` + onA + `}}
			routes/narrow {"uri": "/x/a", "service_id": "s"}
			routes/wide {"uri": "/x/*", "host": "a.test", "upstream": {` + onB + `}}`,
		want: `services/s {"hosts": ["z.test"], "upstream": {` + onA + `}}
			routes/narrow {"uri": "/x/a", "service_id": "s"}
			routes/wide {"uri": "/x/*", "host": "a.test", "upstream": {` + onC + `}}`,
		probes: "a.test/x/a a.test/x/b",
	},
	{
		name: "a priority falls below that of a route that changes",
		live: `routes/blue {"uri": "/x", "priority": 9, "upstream": {` + onA + `}}
			routes/green {"uri": "/x", "priority": 5, "upstream": {` + onB + `}}`,
		want: `routes/blue {"uri": "/x", "priority": 0, "upstream": {` + onA + `}}
			routes/green {"uri": "/x", "priority": 5, "upstream": {` + onC + `}}`,
		probes: "h.test/x",
	},
	{
		name: "two canaries and their main routes swap their paths",
		live: `routes/c1 {"uri": "/x", "vars": [["arg_c", "==", "1"]], "priority": 5, "upstream": {` + onA + `}}
			routes/c2 {"uri": "/y", "vars": [["arg_c", "==", "1"]], "priority": 5, "upstream": {` + onB + `}}
			routes/m1 {"uri": "/x", "upstream": {` + onC + `}}
			routes/m2 {"uri": "/y", "upstream": {` + onC + `}}`,
		want: `routes/c1 {"uri": "/y", "vars": [["arg_c", "==", "1"]], "priority": 5, "upstream": {` + onA + `}}
			routes/c2 {"uri": "/x", "vars": [["arg_c", "==", "1"]], "priority": 5, "upstream": {` + onB + `}}
			routes/m1 {"uri": "/y", "upstream": {` + onC + `}}
			routes/m2 {"uri": "/x", "upstream": {` + onC + `}}`,
		probes: "h.test/x h.test/y h.test/x?c=1 h.test/y?c=1",
	},
	{
		name: "two canaries hand a condition over that another one overlaps",
		live: `routes/can {"uri": "/x", "priority": 5, "vars": [["arg_v", "==", "1"]], "upstream": {` + onA + `}}
			routes/other {"uri": "/x", "priority": 6, "vars": [["arg_w", "==", "1"]], "upstream": {` + onB + `}}
			routes/main {"uri": "/x", "upstream": {` + onC + `}}`,
		want: `routes/can {"uri": "/x", "priority": 5, "vars": [["arg_w", "==", "1"]], "upstream": {` + onB + `}}
			routes/other {"uri": "/x", "priority": 6, "vars": [["arg_v", "==", "1"]], "upstream": {` + onA + `}}
			routes/main {"uri": "/x", "upstream": {` + onC + `}}`,
		probes: "h.test/x h.test/x?v=1 h.test/x?w=1 h.test/x?v=1&w=1",
	},
	{
		name: "a certificate gives a name up to a new one",
		live: `ssls/s {"snis": ["a.test", "b.test"], "cert": "#one", "key": "#one.key"}`,
		want: `ssls/s {"snis": ["a.test"], "cert": "#one", "key": "#one.key"}
			ssls/t {"snis": ["b.test"], "cert": "#two", "key": "#two.key"}`,
		probes: "tls:a.test tls:b.test",
	},
	{
		name: "a certificate is switched off for one that is switched on",
		live: `ssls/s {"snis": ["a.test"], "status": 1, "cert": "#one", "key": "#one.key"}
			ssls/t {"snis": ["a.test"], "status": 0, "cert": "#two", "key": "#two.key"}`,
		want: `ssls/s {"snis": ["a.test"], "status": 0, "cert": "#one", "key": "#one.key"}
			ssls/t {"snis": ["a.test"], "status": 1, "cert": "#two", "key": "#two.key"}`,
		probes: "tls:a.test",
	},
}

// deleteFirst replaces every update by a delete and a create, as tools do that can't update.
func deleteFirst(p plan.Plan) plan.Plan {
	var out plan.Plan
	for _, c := range p.Changes() {
		gone, back := c, c
		gone.Op, back.Op, back.Old = plan.Delete, plan.Create, nil
		out.Steps = append(out.Steps, plan.Step{Phase: plan.Expand, Changes: []plan.Change{gone}, Barrier: true},
			plan.Step{Phase: plan.Expand, Changes: []plan.Change{back}, Barrier: true})
	}
	return out
}
