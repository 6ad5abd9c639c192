package embedded_test

// crashes are the cases in which the real gateway of both versions breaks down (a page of status 500) and this one refuses.
var crashes = []difference{
	{name: "global_rules/wrong-plugins-number", why: "plugins that are a number: a page of status 500 there, a refusal by the schema here"},
	{name: "secrets/without-id", why: "a secret without an id: a page of status 500 there, a refusal here"},
	{name: "transport/head-admin", why: "GET of the bare root: a page of status 500 there, no such resource here"},
	{name: "schema/types", why: "the schema of the empty type: a page of status 500 there, no such schema here"},
	{name: "validate/plugin_metadata", why: "there is no schema to validate metadata by: a page of status 500 there, 404 here"},
	{name: "validate/secrets", why: "there is no schema to validate secrets by: a page of status 500 there, 404 here"},
	{name: "routes/body-not-object", why: "a body that is no object: pages of status 500 there, refusals here"},
	{name: "services/body-not-object", why: "an empty list is stored as a service there, and refused here"},
	{name: "stream_routes/body-not-object", why: "an empty list is stored as a stream route there, and refused here"},
	{name: "plugin_configs/body-not-object", why: "a body that is no object: pages of status 500 there, refusals here"},
	{name: "global_rules/body-not-object", why: "a body that is no object: pages of status 500 there, refusals here"},
	{name: "ssls/body-not-object", why: "a body that is no object: pages of status 500 there, refusals here"},
	{name: "protos/body-not-object", why: "a body that is no object: pages of status 500 there, refusals here"},
}

// knownInBoth are the other cases of the Admin API in which the embedded gateway differs from both versions.
var knownInBoth = append([]difference{
	{name: "routes/wrong-filter-func-bad", why: "there is no Lua here to compile the function"},
	{name: "routes/script-bad", why: "there is no Lua here to compile the script"},
}, crashes...)

// knownInNewest are those in which it differs from 3.18 only.
var knownInNewest = []difference{
	{name: "upstreams/wrong-nodes-string", why: "nodes that are a text: a page of status 500 there, a refusal by the schema here"},
}

// knownInTraffic are the cases of the data plane in which it differs.
var knownInTraffic = []difference{
	{name: "routing/filter-func", why: "there is no Lua here to run the function, so the route answers 501"},
	{name: "serverless-pre-function", why: "there is no Lua here to run the function, so the route answers 501"},
	{name: "upstream/chash-arg", why: "which node a key falls to depends on the ports of the test", chance: true},
	{name: "upstream/all-weights-zero", why: "which node is first depends on the ports of the test", chance: true},
}

// knownInStandalone are the cases of standalone mode in which it differs.
var knownInStandalone = []difference{
	{name: "put/yaml-bad", why: "broken YAML: a page of status 500 there, a refusal here"},
}
