// Package embedded is an API gateway in one Go process: it speaks the Admin API of Apache APISIX over real HTTP and proxies
// real requests. It serves the demo, gateway groups of type embedded, and tests.
//
// The Admin API answers as the real one was recorded to answer: envelopes, ids, defaults by version, order of checks, the
// words of its refusals. Behind it stands a store in the place of etcd. Workers follow the store, each kind on its own and
// with a lag that a test may choose, and serve requests by what they have taken so far: a route that came before its
// upstream answers 502 here too.
//
//	Admin API ──▶ store ──events──▶ worker 0: view ▶ router ──▶ upstreams
//	                      └───────▶ worker 1: view ▶ router ──▶ upstreams
//
// # What it does not do, deliberately
//
//   - Plugins that do their work: key-auth, basic-auth, consumer-restriction, ip-restriction, limit-count (local counters
//     only), cors, response-rewrite, proxy-rewrite, redirect, request-id, traffic-split, fault-injection, mocking. Those
//     that keep requests out elsewhere and do no work here (jwt-auth, openid-connect, csrf … closedPlugins) answer 501.
//     All other names that the real gateway knows are taken with any configuration and do nothing.
//   - No Lua: filter_func, script, serverless functions and _meta.pre_function are stored and not run.
//   - Stream routes are stored, not proxied. Protos are stored, not compiled. Secret managers are never asked.
//   - No health checks, no service discovery, no ewma or least_conn (round robin instead), no consistent ring for chash.
//   - The in-use check of a delete reads the store itself, so it never lags. Leases (?ttl=) are checked and not kept.
//   - One admin key; no viewers, no allow list.
package embedded
