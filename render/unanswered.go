package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// answering are the plugins that answer a request, or send it somewhere by themselves.
var answering = []string{
	"redirect", "mocking", "fault-injection", "serverless-pre-function", "serverless-post-function", "public-api",
	"batch-requests", "traffic-split", "workflow", "ext-plugin-pre-req", "aws-lambda", "azure-functions", "openwhisk", "openfunction",
	"ai-proxy", "ai-proxy-multi", "mcp-bridge",
}

// unanswered warns of routes that have nowhere to send a request.
func unanswered(state gateway.State, keys []gateway.Key) diag.List {
	var warnings diag.List
	everywhere := slices.ContainsFunc(keys, func(key gateway.Key) bool {
		return key.Kind == gateway.GlobalRules && answers(state[key])
	})
	for _, key := range keys {
		route := state[key]
		if key.Kind != gateway.Routes || everywhere || switchedOff(route) || answers(route) {
			continue
		}
		if answersFor(state, gateway.Services, route.Spec["service_id"]) ||
			answersFor(state, gateway.PluginConfigs, route.Spec["plugin_config_id"]) {
			continue
		}
		warnings.Add(diag.Warningf(uriPlace(route), "no-upstream", "%s has no upstream: its requests get a 503", key).
			WithHint("add upstream, upstream_id or service_id, or a plugin that answers, as redirect"))
	}
	return warnings
}

// answersFor reports whether what a route refers to answers for it. What is not there is reported elsewhere.
func answersFor(state gateway.State, kind gateway.Kind, id any) bool {
	shared, ok := state[named(kind, id)]
	return id != nil && (!ok || answers(shared))
}

// answers reports whether a resource has an upstream or something that answers in its place.
func answers(r gateway.Resource) bool {
	for _, field := range []string{"upstream", "upstream_id", "script"} {
		if _, ok := r.Spec[field]; ok {
			return true
		}
	}
	return slices.ContainsFunc(answering, func(name string) bool {
		conf, _ := pluginOf(r, name)
		return conf != nil
	})
}
