package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// stateOf reads a state that Sluice owns, written as kind/id to body.
func stateOf(t testing.TB, text string) gateway.State {
	t.Helper()
	node, faults := strictyaml.Parse("state.yaml", []byte(text))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	state := gateway.State{}
	if node == nil {
		return state
	}
	for _, field := range node.Fields {
		key, err := gateway.ParseKey(field.Key)
		if err != nil {
			t.Fatal(err)
		}
		spec := plainOf(field.Value).(map[string]any)
		if key.Kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: "sluice"}
		}
		state[key] = gateway.Resource{Key: key, Spec: spec}
	}
	return state
}

func plainOf(n *strictyaml.Node) any {
	switch n.Kind {
	case strictyaml.Map:
		m := map[string]any{}
		for _, field := range n.Fields {
			m[field.Key] = plainOf(field.Value)
		}
		return m
	case strictyaml.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainOf(item))
		}
		return list
	}
	return n.Value
}

// owning owns what carries no label, too.
func owning(state gateway.State) plan.Policy {
	return plan.Policy{Inventory: state.Keys(), Empty: true}
}

func breaking(p plan.Plan) []string {
	var list []string
	for _, change := range p.Changes() {
		for _, what := range change.Breaking {
			list = append(list, change.Key.String()+" "+what)
		}
	}
	slices.Sort(list)
	return list
}

func TestBreaking(t *testing.T) {
	const open = "services/s: {hosts: [a.example]}\nroutes/r: {uri: /r, service_id: s}\n"
	tests := []struct {
		name, live, desired string
		want                []string
	}{
		{"a route goes", "routes/r: {uri: /r, host: a.example, methods: [GET, PUT]}", "{}",
			[]string{"routes/r no longer answers GET a.example/r, PUT a.example/r"}},
		{"a route is renamed", "routes/r: {uri: /r}", "routes/q: {uri: /r}", nil},
		{"a route goes, and a wider one answers", "routes/r: {uri: /r/a, host: x.a.example, methods: [GET]}",
			"routes/q: {uri: '/r/*', host: '*.a.example'}", nil},
		{"a route is switched off", "routes/r: {uri: /r}", "routes/r: {uri: /r, status: 0}", []string{"routes/r no longer answers /r"}},
		{"a route is switched on", "routes/r: {uri: /r, status: 0}", "routes/r: {uri: /r}", nil},
		{"a method goes", "routes/r: {uri: /r, methods: [GET, PUT]}", "routes/r: {uri: /r, methods: [GET]}",
			[]string{"routes/r no longer answers PUT /r"}},
		{"methods are named", "routes/r: {uri: /r}", "routes/r: {uri: /r, methods: [GET]}", []string{"routes/r answers only a part of /r"}},
		{"a method comes", "routes/r: {uri: /r, methods: [GET]}", "routes/r: {uri: /r, methods: [GET, PUT]}", nil},
		{"a path narrows", "routes/r: {uri: '/r/*'}", "routes/r: {uri: /r/a}", []string{"routes/r answers only a part of /r/*"}},
		{"many paths go", "routes/r: {uris: [/a, /b, /c, /d, /e, /f]}", "routes/r: {uri: /f}",
			[]string{"routes/r no longer answers /a, /b, /c and 2 more"}},
		{"hosts of the service go", open, "services/s: {hosts: [b.example]}\nroutes/r: {uri: /r, service_id: s}\n",
			[]string{"services/s no longer answers a.example/r on routes/r"}},
		{"hosts of the service come", open, "services/s: {hosts: [b.example, a.example]}\nroutes/r: {uri: /r, service_id: s}\n", nil},
		{"vars come", "routes/r: {uri: /r}", "routes/r: {uri: /r, vars: [[arg_a, '==', b]]}",
			[]string{"routes/r asks more of requests to /r (vars, addresses or filter)"}},
		{"one of the vars goes", "routes/r: {uri: /r, vars: [[arg_a, '==', b], [arg_c, '==', d]]}",
			"routes/r: {uri: /r, vars: [[arg_c, '==', d]]}", nil},
		{"one of the alternatives goes", "routes/r: {uri: /r, vars: [OR, [arg_a, '==', b], [arg_c, '==', d]]}",
			"routes/r: {uri: /r, vars: [OR, [arg_c, '==', d]]}", []string{"routes/r asks more of requests to /r (vars, addresses or filter)"}},
		{"addresses come", "routes/r: {uri: /r, remote_addrs: [10.0.0.0/8]}", "routes/r: {uri: /r, remote_addrs: [10.1.0.0/16]}",
			[]string{"routes/r asks more of requests to /r (vars, addresses or filter)"}},
		{"addresses widen", "routes/r: {uri: /r, remote_addr: 10.1.2.3}", "routes/r: {uri: /r, remote_addrs: [10.1.0.0/16, 'fd00::/8']}", nil},
		{"authentication of the route", open, "services/s: {hosts: [a.example]}\nroutes/r: {uri: /r, service_id: s, plugins: {key-auth: {}}}",
			[]string{"routes/r asks for authentication by key-auth"}},
		{"authentication of the service", open, "services/s: {hosts: [a.example], plugins: {key-auth: {}}}\nroutes/r: {uri: /r, service_id: s}",
			[]string{"services/s asks for authentication by key-auth on routes/r"}},
		{"another service, with authentication", open + "services/t: {hosts: [a.example], plugins: {key-auth: {}}}",
			"services/t: {hosts: [a.example], plugins: {key-auth: {}}}\nroutes/r: {uri: /r, service_id: t}",
			[]string{"routes/r asks for authentication by key-auth"}},
		{"a plugin config with authentication", "routes/r: {uri: /r}\nplugin_configs/p: {plugins: {cors: {}}}",
			"routes/r: {uri: /r, plugin_config_id: p}\nplugin_configs/p: {plugins: {cors: {}, jwt-auth: {}}}",
			[]string{"routes/r asks for authentication by jwt-auth"}},
		{"authentication of a plugin config", "routes/r: {uri: /r, plugin_config_id: p}\nplugin_configs/p: {plugins: {cors: {}}}",
			"routes/r: {uri: /r, plugin_config_id: p}\nplugin_configs/p: {plugins: {cors: {}, jwt-auth: {}}}",
			[]string{"plugin_configs/p asks for authentication by jwt-auth on routes/r"}},
		{"authentication moves up", "services/s: {}\nroutes/r: {uri: /r, service_id: s, plugins: {key-auth: {}}}",
			"services/s: {plugins: {key-auth: {}}}\nroutes/r: {uri: /r, service_id: s}", nil},
		{"authentication moves to all", "routes/r: {uri: /r, plugins: {key-auth: {}}}",
			"global_rules/g: {plugins: {key-auth: {}}}\nroutes/r: {uri: /r}", nil},
		{"authentication for all", "routes/r: {uri: /r}", "global_rules/g: {plugins: {key-auth: {}}}\nroutes/r: {uri: /r}",
			[]string{"global_rules/g asks for authentication by key-auth on every route"}},
		{"authentication that is switched off", "routes/r: {uri: /r}", "routes/r: {uri: /r, plugins: {key-auth: {_meta: {disable: true}}}}", nil},
		{"authentication is switched on", "routes/r: {uri: /r, plugins: {key-auth: {_meta: {disable: true}}}}",
			"routes/r: {uri: /r, plugins: {key-auth: {}}}", []string{"routes/r asks for authentication by key-auth"}},
		{"a new route with authentication", "routes/r: {uri: /r}", "routes/r: {uri: /r}\nroutes/q: {uri: /q, plugins: {key-auth: {}}}", nil},
		{"a new route with authentication takes some", "routes/r: {uri: '/r/*'}",
			"routes/r: {uri: '/r/*'}\nroutes/q: {uri: /r/admin, plugins: {key-auth: {}}}",
			[]string{"routes/q asks for authentication by key-auth"}},
		{"a new route with authentication stands behind", "routes/r: {uri: /r, priority: 5}",
			"routes/r: {uri: /r, priority: 5}\nroutes/q: {uri: /r, plugins: {key-auth: {}}}", nil},
		{"an open exception goes", "routes/r: {uri: '/r/*', plugins: {key-auth: {}}}\nroutes/q: {uri: /r/open}",
			"routes/r: {uri: '/r/*', plugins: {key-auth: {}}}", []string{"routes/q asks for authentication by key-auth on routes/r"}},
		{"a lower count", "routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 60}}}",
			"routes/r: {uri: /r, plugins: {limit-count: {count: 5, time_window: 60}}}",
			[]string{"routes/r lowers limit-count (count 10, time_window 60 → count 5, time_window 60)"}},
		{"a longer window", "routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 60}}}",
			"routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 90}}}",
			[]string{"routes/r lowers limit-count (count 10, time_window 60 → count 10, time_window 90)"}},
		{"a longer window with as many", "routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 60}}}",
			"routes/r: {uri: /r, plugins: {limit-count: {count: 20, time_window: 90}}}", nil},
		{"a shorter window", "routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 60}}}",
			"routes/r: {uri: /r, plugins: {limit-count: {count: 10, time_window: 30}}}", nil},
		{"a limit comes", "routes/r: {uri: /r}", "routes/r: {uri: /r, plugins: {limit-req: {rate: 1, burst: 2}}}",
			[]string{"routes/r adds limit-req (rate 1, burst 2)"}},
		{"a limit goes", "routes/r: {uri: /r, plugins: {limit-req: {rate: 1, burst: 2}}}", "routes/r: {uri: /r}", nil},
		{"a lower burst", "routes/r: {uri: /r, plugins: {limit-conn: {conn: 1, burst: 2}}}",
			"routes/r: {uri: /r, plugins: {limit-conn: {conn: 5, burst: 1}}}",
			[]string{"routes/r lowers limit-conn (conn 1, burst 2 → conn 5, burst 1)"}},
		{"a limit for all", "routes/r: {uri: /r}\nglobal_rules/g: {plugins: {limit-req: {rate: 2, burst: 0}}}",
			"routes/r: {uri: /r}\nglobal_rules/g: {plugins: {limit-req: {rate: 1, burst: 0}}}",
			[]string{"global_rules/g lowers limit-req (rate 2, burst 0 → rate 1, burst 0) on every route"}},
		{"a limit of a consumer", "consumers/c: {username: c, plugins: {limit-req: {rate: 2, burst: 0}}}",
			"consumers/c: {username: c, plugins: {limit-req: {rate: 1, burst: 0}}}",
			[]string{"consumers/c lowers limit-req (rate 2, burst 0 → rate 1, burst 0)"}},
		{"names of a certificate", "ssls/c: {snis: [a.example, b.example, '*.c.example']}", "ssls/c: {snis: [a.example, x.c.example]}",
			[]string{"ssls/c no certificate is left for *.c.example, b.example"}},
		{"a certificate goes, another has its name", "ssls/c: {sni: x.a.example}\nssls/d: {sni: '*.a.example'}", "ssls/d: {sni: '*.a.example'}", nil},
		{"a certificate for upstreams goes", "ssls/c: {type: client}", "{}", nil},
		{"client certificates", "ssls/c: {sni: a.example}", "ssls/c: {sni: a.example, client: {ca: x}}", []string{"ssls/c asks for a client certificate"}},
		{"a stream route goes", "stream_routes/s: {server_port: 9100}", "{}", []string{"stream_routes/s no longer takes all its connections"}},
		{"a stream route widens", "stream_routes/s: {server_port: 9100, remote_addr: 10.0.0.1}",
			"stream_routes/t: {server_port: 9100, remote_addr: 10.0.0.0/8}", nil},
		{"what clients can't see", "upstreams/u: {scheme: http, nodes: {'a:80': 1}}\nroutes/r: {uri: /r, upstream_id: u}",
			"upstreams/u: {scheme: https, pass_host: node, nodes: {'a:80': 1}}\nroutes/r: {uri: /r, upstream_id: u, desc: x, plugins: {cors: {}}}", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			live := stateOf(t, test.live)
			p := plan.New(stateOf(t, test.desired), live, owning(live))
			if diff := cmp.Diff(test.want, breaking(p)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
