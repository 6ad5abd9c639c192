package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// globalConflicts reports plugins that several global rules hold: gateways from APISIX 3.15 on refuse the second.
func globalConflicts(state gateway.State, keys []gateway.Key, set *schema.Set) diag.List {
	var faults diag.List
	taken := map[string]gateway.Resource{}
	for _, key := range keys {
		if key.Kind != gateway.GlobalRules {
			continue
		}
		rule := state[key]
		plugins, _ := rule.Spec["plugins"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(plugins)) {
			first, twice := taken[name]
			if !twice {
				taken[name] = rule
				continue
			}
			at := gateway.Path{gateway.Field("plugins"), gateway.Field(name)}
			fault := diag.Errorf(rule.Origin.Place(at), "duplicate-global-plugin", "%s holds %s, as %s does", key, name, first.Key).
				WithHint("keep the plugin in one of them: a gateway from APISIX 3.15 on refuses the second").
				WithAlso(first.Origin.Place(at), "the other is at")
			if takesTwice(set) {
				fault.Severity = diag.Warning
			}
			faults.Add(fault)
		}
	}
	return faults
}

// takesTwice reports whether a set is known to be of a gateway that takes a plugin in several global rules.
func takesTwice(set *schema.Set) bool {
	major, rest, _ := strings.Cut(set.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err := strconv.Atoi(major)
	n, bad := strconv.Atoi(minor)
	return set.Product == "apisix" && err == nil && bad == nil && (m < 3 || m == 3 && n < 15)
}
