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
		if len(found) == 0 {
			continue
		}
		if all == nil {
			all = make([]diag.List, len(resources))
		}
		for _, fault := range found {
			all[i].Add(diagnosis(r, fault))
		}
	}
	return all
}

// diagnosis gives a fault its place, and its sentence a subject.
func diagnosis(r gateway.Resource, fault schema.Fault) diag.Diagnostic {
	subject := r.Key.String()
	if len(fault.Path) > 0 {
		subject = fault.Path.String() + " of " + subject
	}
	return diag.Errorf(r.Origin.Place(fault.Path), fault.Code, "%s %s", subject, fault.What).WithHint("%s", fault.Hint)
}

// inspect returns what can be said against one resource without looking at others or at a schema.
func inspect(r gateway.Resource) diag.List {
	return slices.Concat(nodeFaults(r), certificateFaults(r), codeWarnings(r))
}
