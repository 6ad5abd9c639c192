package embedded

import (
	"net/http"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// splitRule is one rule of traffic-split: among which upstreams it chooses, and for which requests.
type splitRule struct {
	matches  []condition // any of them; none: every request
	targets  []splitTarget
	mu       sync.Mutex
	current  []float64
	weighted float64
}

// splitTarget is an upstream by id, one of its own, or with neither the route's.
type splitTarget struct {
	id       string
	upstream *upstream
	weight   float64
}

func buildTrafficSplit(g *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	var rules []*splitRule
	for _, raw := range objects(conf["rules"]) {
		rules = append(rules, g.splitRule(raw))
	}
	p.access = func(x *exchange) *answer {
		if missing := missingUpstream(x, rules); missing != "" {
			return &answer{status: http.StatusInternalServerError, body: "failed to fetch upstream info by upstream id: " + missing}
		}
		for _, rule := range rules {
			if !rule.applies(x) {
				continue
			}
			chosen := rule.pick()
			if chosen.id != "" {
				chosen.upstream, _ = parts[*upstream](x.w.get(gateway.Upstreams, chosen.id))
			}
			x.upstream = chosen.upstream
			return nil
		}
		return nil
	}
}

func (g *Gateway) splitRule(raw map[string]any) *splitRule {
	rule := &splitRule{}
	for _, match := range objects(raw["match"]) {
		vars, _ := match["vars"].([]any)
		if holds, err := parseVars(vars); err == nil {
			rule.matches = append(rule.matches, holds)
		}
	}
	for _, weighted := range objects(raw["weighted_upstreams"]) {
		target := splitTarget{id: idText(weighted["upstream_id"]), weight: number(weighted["weight"])}
		if inline, ok := weighted["upstream"].(map[string]any); ok {
			target.upstream = g.compileUpstream(inline)
		}
		rule.targets = append(rule.targets, target)
		rule.weighted += target.weight
	}
	rule.current = make([]float64, len(rule.targets))
	return rule
}

// missingUpstream looks through every rule, whether it applies or not: so does the real gateway.
func missingUpstream(x *exchange, rules []*splitRule) string {
	for _, rule := range rules {
		for _, target := range rule.targets {
			if target.id != "" && x.w.get(gateway.Upstreams, target.id) == nil {
				return target.id
			}
		}
	}
	return ""
}

func (r *splitRule) applies(x *exchange) bool {
	if len(r.targets) == 0 || r.weighted == 0 {
		return false
	}
	for _, holds := range r.matches {
		if holds(x.variable) {
			return true
		}
	}
	return len(r.matches) == 0
}

func (r *splitRule) pick() splitTarget {
	r.mu.Lock()
	defer r.mu.Unlock()
	best := -1
	for i, target := range r.targets {
		if target.weight == 0 {
			continue
		}
		r.current[i] += target.weight
		if best < 0 || r.current[i] > r.current[best] {
			best = i
		}
	}
	r.current[best] -= r.weighted
	return r.targets[best]
}
