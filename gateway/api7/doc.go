// Package api7 reads and writes one gateway group of API7 Enterprise through its dashboard's API.
//
// The config repo keeps the resource format of Apache APISIX. This package translates at its edge, both ways, so that nobody
// else has to know: uri and uris are paths, nodes are a list, an id is repeated in the body. What the API can't hold is a fault
// (Check) and never sent: it would be dropped without a word.
//
// A service holds its routes, and may hold upstreams beyond its own; the config repo writes those inside it:
//
//	services: {shop: {upstream: {…}, upstreams: {canary: {…}}, path_prefix: /shop, strip_path_prefix: true}}
//
// Live reads everything, also what others own: the label filter of the API would hide what a plan must not trample on. A bridge,
// the temporary route with hosts and an upstream of its own, is a service with one route here (bridge.go). Where a group
// enforces publishing, services are published under a version that is named after the commit (publish.go), and under ids that no
// other gateway group of the control plane has (scope.go).
//
// Unreadable is never empty: a list that does not add up, and a 404 that may speak of the whole group, are errors.
package api7
