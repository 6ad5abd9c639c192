package embedded_test

// knownInBoth are the cases of the Admin API in which the embedded gateway differs from both versions.
var knownInBoth = []difference{
	{cases: `.*/body-not-object`, why: "the real one crashes on a body that is no object, and takes an empty list for an object"},
	{cases: `transport/head-admin|global_rules/wrong-plugins-number|secrets/without-id|schema/types|validate/(plugin_metadata|secrets)`,
		why: "the real one crashes (500); here it is a refusal"},
	{cases: `routes/(wrong-filter-func-bad|script-bad)|plugins/workflow`, why: "there is no Lua here to compile it"},
	{cases: `protos/(wrong-content-not-proto|binary-base64|import)`, why: "there is no compiler for protos here"},
	{cases: `plugins/proxy-rewrite`, why: "the fault of a regular expression is told in Go's words"},
	{cases: `routes/method-trace`, why: "TRACE is answered by the server in front of the real one, under its own name"},
	{cases: `routes/ttl`, why: "leases are checked and not kept"},
	{cases: `(consumers|dangling)/secret-reference|in-use/secret-by-consumer-then-free|encrypted/secret-reference-in-encrypted-field`,
		why: "a reference to a secret is no secret, and is shown"},
	{cases: `auth/viewer`, why: "there is one key"},
	{cases: `transport/deep-nesting`, why: "nesting is bounded at another depth"},
	{cases: `schema/plugin|plugins/get-one`, why: "schemas of plugins are our own"},
	{cases: `validate/body-faults`, why: "faults of the document's shape are told in other words"},
	{cases: `stream-off/(get-list|put|get-one|post)`, why: "the stream proxy can't be switched off"},
}

// knownInNewest are those in which it differs from 3.18 only.
var knownInNewest = []difference{
	{cases: `upstreams/wrong-nodes-string`, why: "the real one crashes (500); here it is a refusal"},
	{cases: `configs-validate/(bad-shape|body-faults)`, why: "faults of the document's shape are told in other words"},
}

// knownInOlder are those in which it differs from 3.13 only.
var knownInOlder = []difference{
	{cases: `routes/plugin-(empty-object|defaults)|consumers/(auth-plugins|jwt-auth-without-secret)|credentials/encrypted|` +
		`plugin_metadata/disabled-plugin|stream_routes/http-only-plugin|in-use/proto-by-.*|` +
		`dangling/(grpc-transcode-proto|anonymous-consumer|secret-reference)|encrypted/.*|plugins/request-id`,
		why: "defaults are known for the plugins that work here, and as the newest version has them"},
	{cases: `routes/wrong-timeout-partial|upstreams/timeout|credentials/id-rules|ssls/bad-pem`,
		why: "the same refusal, in the newest version's words"},
	{cases: `plugin_metadata/(delete|get-absent)`, why: "the real one crashes (500) on absent metadata"},
	{cases: `plugin_metadata/encrypted`, why: "what is encrypted is as in the newest version"},
	{cases: `consumers/id-in-body|ssls/secret-reference|validate/needs-key|stream-off/schema`,
		why: "a rule that changed between the versions and is kept as in the newest"},
}

// knownInTraffic are the cases of the data plane in which it differs.
var knownInTraffic = []difference{
	{cases: `routing/filter-func|serverless-pre-function`, why: "there is no Lua here"},
	{cases: `jwt-auth/missing|limit-req|ua-restriction|referer-restriction|uri-blocker`, why: "the plugin is taken and does no work, or lets nobody through"},
	{cases: `upstream/(chash-arg|all-weights-zero)`, why: "which node is first depends on the ports of the test", chance: true},
	{cases: `request-id/options`, why: "the recording holds an id that was made by chance"},
}
