// Package embedded is an API gateway in one Go process: it speaks the Admin API of Apache APISIX over real HTTP and proxies
// real requests. It serves the demo, gateway groups of type embedded, and tests.
//
// The Admin API answers as the real one was recorded to answer: envelopes, ids, order of checks, the words of its refusals.
// Config.Version chooses between 3.18, which stores what was sent, and 3.13, which stores the defaults of the schemas too
// and differs in bounds, in what it encrypts and in what it lets pass. The schemas of all plugins are known, so that a
// wrong configuration is refused and defaults are the real ones, whether the plugin does any work here or not. Behind the
// Admin API stands a store in the place of etcd. Workers follow the store, each kind on its own and with a lag that a test may
// choose, and serve requests by what they have taken so far: a route that came before its upstream answers 502 here too.
//
//	Admin API ──▶ store ──events──▶ worker 0: view ▶ router ──▶ upstreams
//	                      └───────▶ worker 1: view ▶ router ──▶ upstreams
//
// With Config.Standalone the Admin API takes one document with everything instead (API-driven standalone mode of 3.18), and
// the workers follow that. Restart loses the document, as a restart of the real gateway does. The status endpoints say
// whether every worker has loaded a configuration.
//
// # What it does not do, deliberately
//
//   - Plugins that do their work: key-auth, basic-auth, jwt-auth, consumer-restriction, ip-restriction, ua-restriction,
//     referer-restriction, uri-blocker, limit-count and limit-req (counters of this process only), workflow, cors,
//     response-rewrite, proxy-rewrite, redirect, request-id, traffic-split, fault-injection, mocking. Those that keep nobody
//     out (loggers, caches … idlePlugins) are taken and do nothing; api-breaker is one of them. All others answer 501, so
//     that nothing protected stands open.
//   - No Lua: functions, scripts and filter_func are stored, neither compiled nor run; what they decide on answers 501.
//     _meta.pre_function is stored and does nothing.
//   - Regular expressions are Go's: what looks around is refused where the real one takes it.
//   - Stream routes are stored, not proxied. Protos are looked at, not compiled. Secret managers are never asked: a reference
//     to a secret is a key that nobody has.
//   - No health checks, no service discovery, no ewma or least_conn (round robin instead). For chash, and where all weights
//     are zero, which node comes first is not that of the real one.
//   - Where the real gateway breaks down with a page of status 500 on a request that is wrong (a body that is no object, nodes
//     or plugins of a wrong type, broken YAML, paths that end too early), it refuses with 4xx; an empty list is no object.
//     Metadata that is absent in 3.13 is the exception: it answers 500 there and here, since clients meet it.
//   - The in-use check of a delete reads the store itself and never lags, unless Config.LaggingInUse says so. Checks for
//     duplicate keys and plugins never lag.
//   - No allow list of client addresses. A document asked for as YAML comes as JSON, which is YAML too.
package embedded
