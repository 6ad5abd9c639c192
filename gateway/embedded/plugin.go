package embedded

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// plugin is a configured plugin. The functions that are nil do nothing. It is read-only and shared by all workers; what
// counts or chooses inside locks for itself.
type plugin struct {
	name     string
	priority int
	filter   condition // nil: always
	fault    any       // what the body of its refusals is instead, when not nil
	rewrite  func(*exchange) *answer
	access   func(*exchange) *answer
	finish   func(*exchange, *http.Response)
}

// pluginSet holds the plugins of one resource, by name.
type pluginSet map[string]*plugin

// builders make the plugins that do real work. Each gets its configuration with the defaults filled in.
var builders = map[string]func(g *Gateway, owner gateway.Key, conf map[string]any, p *plugin){
	"key-auth":             buildKeyAuth,
	"basic-auth":           buildBasicAuth,
	"jwt-auth":             buildJWTAuth,
	"limit-count":          buildLimitCount,
	"limit-req":            buildLimitReq,
	"ua-restriction":       buildUARestriction,
	"referer-restriction":  buildRefererRestriction,
	"uri-blocker":          buildURIBlocker,
	"workflow":             buildWorkflow,
	"cors":                 buildCORS,
	"response-rewrite":     buildResponseRewrite,
	"proxy-rewrite":        buildProxyRewrite,
	"redirect":             buildRedirect,
	"request-id":           buildRequestID,
	"ip-restriction":       buildIPRestriction,
	"traffic-split":        buildTrafficSplit,
	"consumer-restriction": buildConsumerRestriction,
	"fault-injection":      buildFaultInjection,
	"mocking":              buildMocking,
}

func (g *Gateway) compilePlugins(owner gateway.Key, value map[string]any) pluginSet {
	plugins, _ := value["plugins"].(map[string]any)
	if len(plugins) == 0 {
		return nil
	}
	set := make(pluginSet, len(plugins))
	for name, conf := range plugins {
		if owner.Kind == gateway.Consumers && g.namesConsumer(name) {
			// It says who the consumer is. As a plugin it would hide the one that asks for it, and so let requests through.
			continue
		}
		set[name] = g.compilePlugin(owner, name, conf)
	}
	return set
}

// namesConsumer reports whether the plugin says in a consumer who the consumer is.
func (g *Gateway) namesConsumer(name string) bool {
	known, ok := g.catalogue.plugins[name]
	return ok && known.consumer != nil
}

// compilePlugin makes a plugin that is switched off too: it still hides the plugin of the same name below it.
func (g *Gateway) compilePlugin(owner gateway.Key, name string, conf any) *plugin {
	p := &plugin{name: name, priority: g.catalogue.priority(name)}
	build := builders[name]
	fields, _ := conf.(map[string]any)
	meta, _ := fields["_meta"].(map[string]any)
	if idlePlugins[name] || meta["disable"] == true {
		return p
	}
	if priority, ok := meta["priority"].(float64); ok {
		p.priority = int(priority)
	}
	if filter, ok := meta["filter"].([]any); ok {
		p.filter, _ = parseVars(filter)
	}
	p.fault = meta["error_response"]
	if build == nil {
		p.access = letNobodyThrough(name)
		return p
	}
	build(g, owner, g.catalogue.plugins[name].schema.filledMap(fields), p)
	return p
}

// combined merges sets by name, the first one wins, and puts the plugins in order of execution.
func combined(sets ...pluginSet) []*plugin {
	all := pluginSet{}
	for _, set := range slices.Backward(sets) {
		maps.Copy(all, set)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *plugin) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), strings.Compare(a.name, b.name))
	})
}

func setOf(plugins []*plugin) pluginSet {
	set := make(pluginSet, len(plugins))
	for _, p := range plugins {
		set[p.name] = p
	}
	return set
}

// runs reports whether the plugin's filter lets it run for the request.
func (p *plugin) runs(x *exchange) bool { return p.filter == nil || p.filter(x.variable) }

// run carries out one phase of one plugin.
func (p *plugin) run(x *exchange, phase func(*exchange) *answer) *answer {
	if phase == nil || !p.runs(x) {
		return nil
	}
	refusal := phase(x)
	if refusal != nil && refusal.status >= 400 && p.fault != nil {
		refusal.body = p.fault
	}
	return refusal
}

// runPlugins runs the plugins that list names: the rewrite phase of each, then the access phase. An authentication may add plugins
// in between; they run too.
func runPlugins(x *exchange, list func() []*plugin) *answer {
	done := map[*plugin]bool{}
	for again := true; again; {
		again = false
		for _, p := range list() {
			if done[p] {
				continue
			}
			done[p], again = true, true
			known := x.consumer
			if a := p.run(x, p.rewrite); a != nil {
				return a
			}
			if x.broken != nil {
				return x.broken
			}
			if known != x.consumer {
				break
			}
		}
	}
	for _, p := range list() {
		if a := p.run(x, p.access); a != nil {
			return a
		}
	}
	return nil
}

func (x *exchange) finish(resp *http.Response) {
	for _, p := range slices.Concat(x.global, x.plugins) {
		if p.finish != nil && p.runs(x) {
			p.finish(x, resp)
		}
	}
	for name, values := range x.response {
		resp.Header[name] = values
	}
}

// respond notes a header for the answer, whoever will give it.
func (x *exchange) respond(name, value string) {
	if x.response == nil {
		x.response = http.Header{}
	}
	x.response.Set(name, value)
}
