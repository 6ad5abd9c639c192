package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
)

// routes makes n routes of n/10 services.
func routes(n int) gateway.State {
	specs := map[string]map[string]any{"global_rules/ids": {"plugins": map[string]any{"request-id": map[string]any{}}}}
	for i := range n {
		service := fmt.Sprintf("s%d", i/10)
		specs[fmt.Sprintf("routes/r%d", i)] = map[string]any{
			"uri": fmt.Sprintf("/r%d/*", i), "service_id": service, "methods": []any{"GET"}, "labels": map[string]any{"owner": "shop"},
			"plugins": map[string]any{"cors": map[string]any{"max_age": int64(5)}},
		}
		specs["services/"+service] = map[string]any{"hosts": []any{"shop.acme.example"}, "plugins": map[string]any{"limit-count": map[string]any{"count": int64(5)}}}
	}
	return resources(specs)
}

// tenPolicies are all kept, so that every expression is evaluated to its end.
func tenPolicies(b *testing.B) policy.Set {
	text := "policies:\n"
	for i, assert := range []string{
		`["limit-count", "limit-req"].exists(p, p in plugins(resource)) || state.global_rules.exists(id, "limit-req" in plugins(state.global_rules[id]))`,
		`hosts(resource).all(h, !h.startsWith("*"))`, `"owner" in labels(resource)`, `resource.?status.orValue(1) == 1`,
		`uris(resource).all(u, u.matches("^/[a-z0-9/*]+$"))`, `resource.?methods.orValue([]).all(m, m in ["GET", "POST"])`,
		`!["serverless-pre-function", "script"].exists(p, p in resource.?plugins.orValue({}))`, `!has(resource.timeout) || resource.timeout.read <= 60`,
		`size(id) < 65`, `service(resource).?hosts.orValue([]).size() < 10`,
	} {
		text += fmt.Sprintf("  p%d:\n    match: {kinds: [routes]}\n    assert: |\n      %s\n", i, assert)
	}
	return load(b, text)
}

// BenchmarkCheck holds ten policies against 10,000 routes. It reports what one evaluation takes, and as a measure of the machine how
// many times as long as the digest of the same state, which reads every value once, the whole took.
func BenchmarkCheck(b *testing.B) {
	set, state := tenPolicies(b), routes(10_000)
	began := time.Now()
	state.Digest()
	digest := time.Since(began)
	b.ReportAllocs()
	for b.Loop() {
		if faults := set.Check("prod", "prod-eu", state, newYear); len(faults) > 0 {
			b.Fatal(faults[0])
		}
	}
	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(each.Nanoseconds())/100_000, "ns/evaluation")
	b.ReportMetric(float64(each)/float64(digest), "×digest")
}

func BenchmarkLoad(b *testing.B) {
	files := repo("policies: {a: {assert: 'has(resource.plugins) && id != \"x\"', message: '{{ id }}'}}")
	for b.Loop() {
		if _, faults := policy.Load(files); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}
