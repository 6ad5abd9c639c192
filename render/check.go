package render

import (
	"slices"
	"sync"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// reserved keeps the mark of ownership to Sluice.
func reserved(key gateway.Key, spec map[string]any, origin *gateway.Origin) diag.List {
	labels, _ := spec["labels"].(map[string]any)
	value, ok := labels[gateway.ManagedBy]
	if !ok || value == gateway.ManagedBySluice || !key.Kind.HasLabels() {
		return nil
	}
	place := origin.Place(gateway.Path{gateway.Field("labels"), gateway.Field(gateway.ManagedBy)})
	return diag.List{diag.Errorf(place, "reserved-label", "the label %q is Sluice's own", gateway.ManagedBy).
		WithHint("remove it: Sluice sets it on what it owns")}
}

// verdicts remembers what some sets of schemas say about what was built: most of it is the same in every group.
type verdicts struct {
	mu   sync.Mutex
	said []verdict
}

// verdict holds the faults of each resource in the light of one set; nil when there are none at all.
type verdict struct {
	set    *schema.Set
	faults []diag.List
}

// kept is the number of sets that are remembered: more are in use only while gateways are being upgraded.
const kept = 4

func (v *verdicts) by(set *schema.Set, resources []gateway.Resource) []diag.List {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, known := range v.said {
		if known.set == set {
			return known.faults
		}
	}
	faults := judge(set, resources)
	v.said = append(v.said[max(0, len(v.said)+1-kept):], verdict{set, faults})
	return faults
}

func judge(set *schema.Set, resources []gateway.Resource) []diag.List {
	var all []diag.List
	for i, r := range resources {
		found := set.Faults(r)
		if len(checkID(r.Key, diag.Pos{})) > 0 {
			found = slices.DeleteFunc(found, func(fault schema.Fault) bool { return len(fault.Path) == 0 && fault.Code == "wrong-value" })
		}
		if len(found) == 0 {
			continue
		}
		if all == nil {
			all = make([]diag.List, len(resources))
		}
		for _, fault := range found {
			all[i].Add(diagnosis(set, r, fault))
		}
	}
	return all
}

// diagnosis gives a fault its place, its sentence a subject, and says which gateways refuse it where it is not all of them.
func diagnosis(set *schema.Set, r gateway.Resource, fault schema.Fault) diag.Diagnostic {
	subject := upstreamText(r.Key, fault.Path)
	if fault.Whole {
		subject = r.Key.String() + ":"
	}
	what := subject + " " + fault.What
	if fault.Doubt {
		return diag.Warningf(r.Origin.Place(fault.Path), fault.Code, "%s", what).WithHint("%s", fault.Hint)
	}
	if !fault.Whole && set != schema.Core() && set.Version != "" {
		what += ", says " + set.Product + " " + set.Version
	}
	return diag.Errorf(r.Origin.Place(fault.Path), fault.Code, "%s", what).WithHint("%s", fault.Hint)
}

// inspect returns what can be said against one resource without looking at others or at a schema.
func inspect(r gateway.Resource) diag.List {
	faults := slices.Concat(certificateFaults(r), codeWarnings(r))
	if r.Key.Kind != gateway.Upstreams { // of these it matters whether something uses them
		faults.Add(nodeFaults(r)...)
	}
	return faults
}
