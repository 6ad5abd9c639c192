package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
)

// content is what a commit of the config repo says. It is a value: a commit changes a copy.
type content struct {
	stands   []stand
	lock     int                // where the plugin of the locked route stands
	lockPort int                // where the locked route leads to
	number   int                // of the commit, shown in a file that is no fragment
	sets     map[int]set        // by number: what belongs together
	configs  map[int]int        // plugin configs, and the version of each
	rules    map[int]int        // global rules, and the version of each
	own      map[string]int     // by environment: the priority that it gives to the first route
	broken   string             // how the commit is at fault; empty: it is not
	bad      map[string]bool    // by environment: what was applied does not hold
	rollouts map[string]rollout // by environment
	only     string             // the environment that is at fault; empty: all
}

// set is an upstream, a service and two routes.
type set struct {
	port, version int
	uri           string // of the route of the service
	service       int    // the set whose service the route uses
	config        int    // its plugin config; -1: none
	bare          bool   // without the second route
}

func (c content) clone() content {
	c.sets, c.configs, c.rules, c.own = maps.Clone(c.sets), maps.Clone(c.configs), maps.Clone(c.rules), maps.Clone(c.own)
	c.rollouts = maps.Clone(c.rollouts)
	return c
}

func firstContent(stands []stand, c chance) content {
	first := content{stands: stands, sets: map[int]set{}, configs: map[int]int{}, rules: map[int]int{}, own: map[string]int{}}
	first.rollouts = map[string]rollout{}
	for _, s := range stands {
		first.rollouts[s.name] = firstRollout(c)
	}
	for number := range c.between(1, 3) {
		first.sets[number] = newSet(number, c)
	}
	return first
}

func newSet(number int, c chance) set {
	return set{port: 1980 + c.IntN(10), uri: fmt.Sprintf("/r%d", number), service: number, config: -1, bare: c.oneIn(2)}
}

// files writes the commit down.
func (c content) files() map[string]string {
	files := map[string]string{
		"sluice.yaml":       "version: 1\n",
		"README.md":         fmt.Sprintf("commit %d\n", c.number),
		"base/gateway.yaml": c.fragment(),
	}
	for _, s := range c.stands {
		files["environments/"+s.name+"/environment.yaml"] = c.environment(s)
		first, has := c.first(s.name)
		if priority, ok := c.own[s.name]; ok && has {
			files["environments/"+s.name+"/own.yaml"] = fmt.Sprintf("routes: {r%d: {priority: %d}}\n", first, priority)
		}
	}
	return files
}

func (c content) environment(s stand) string {
	file := map[string]any{
		"extends": c.rollouts[s.name].pin.layers(), "after": s.after, "groups": s.waves, "vars": map[string]string{"domain": s.name + ".example"},
		"guard": map[string]any{"maxDeletes": mostDeletes, "maxDeletePercent": 100}, "empty": true,
	}
	if len(s.after) == 0 {
		delete(file, "after")
	}
	c.rollouts[s.name].write(file)
	if c.faultyIn(s.name) {
		file["gruops"] = file["groups"]
	}
	return text(file)
}

// mostDeletes is the guard of every environment.
const mostDeletes = 6

// fragment is the base layer.
func (c content) fragment() string {
	upstreams, services, routes := map[string]any{}, map[string]any{}, map[string]any{}
	for number, s := range c.sets {
		upstreams[name("u", number)] = map[string]any{"retries": number, "nodes": map[string]any{fmt.Sprintf("10.0.0.%d:%d", number+1, s.port): 1}}
		services[name("s", number)] = map[string]any{"upstream_id": name("u", number), "hosts": []string{name("s", number) + ".${vars.domain}"}}
		routes[name("r", number)] = c.route(number, s)
		if !s.bare {
			routes[name("q", number)] = map[string]any{"upstream_id": name("u", number), "uri": fmt.Sprintf("/q%d/v%d", number, s.version)}
		}
	}
	if c.broken == "dangling" {
		routes["lost"] = map[string]any{"uri": "/lost", "service_id": "nowhere"}
	}
	configs := c.pluginConfigs()
	c.lockUp(services, routes, configs)
	file := map[string]any{"upstreams": upstreams, "services": services, "routes": routes, "plugin_configs": configs, "global_rules": c.globalRules()}
	if c.broken == "kind" {
		file["ruotes"] = map[string]any{}
	}
	return text(file)
}

func (c content) route(number int, s set) map[string]any {
	service := s.service
	if _, there := c.sets[service]; !there {
		service = number
	}
	route := map[string]any{"service_id": name("s", service), "uri": s.uri, "desc": fmt.Sprintf("v%d", s.version)}
	if _, there := c.configs[s.config]; there {
		route["plugin_config_id"] = name("p", s.config)
	}
	return route
}

func (c content) pluginConfigs() map[string]any {
	all := map[string]any{}
	for number, version := range c.configs {
		header := map[string]any{"X-Config": fmt.Sprintf("v%d", version)}
		all[name("p", number)] = map[string]any{"plugins": map[string]any{"response-rewrite": map[string]any{"headers": map[string]any{"set": header}}}}
	}
	return all
}

func (c content) globalRules() map[string]any {
	all := map[string]any{}
	for number, version := range c.rules {
		plugins := map[string]any{"request-id": map[string]any{"header_name": fmt.Sprintf("X-Id-%d", version)}}
		if number > 0 {
			plugins = map[string]any{"cors": map[string]any{"max_age": version}}
		}
		all[name("g", number)] = map[string]any{"plugins": plugins}
	}
	return all
}

func name(letter string, number int) string { return fmt.Sprintf("%s%d", letter, number) }

// text writes a value as JSON, which is YAML too.
func text(v any) string {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err) // maps, lists, texts and numbers always can be
	}
	return string(raw) + "\n"
}
