package schema

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// onlyAPI7 are the fields of services that APISIX does not have.
var onlyAPI7 = fieldSet("path_prefix", "strip_path_prefix", "upstreams", "type")

// withGaps puts what API7 Enterprise can't hold in place of what its schemas say of the same fields: it says what to write instead.
func withGaps(found []Fault, r gateway.Resource) []Fault {
	gaps := API7(r)
	if _, missing := missingInAPI7[r.Key.Kind]; missing {
		found = nil // what the kind is like elsewhere does not matter
	}
	found = slices.DeleteFunc(found, func(fault Fault) bool {
		return slices.ContainsFunc(gaps, func(gap gateway.Fault) bool { return gap.Path.String() == fault.Path.String() })
	})
	w := walker{faults: found}
	for _, gap := range gaps {
		w.at = gap.Path
		w.fault(gap.Hint, "not-in-api7", "%s", gap.What)
		w.faults[len(w.faults)-1].Whole = true
	}
	return w.faults
}
