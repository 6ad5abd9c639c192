package plan

import (
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// fields lists what differs between two bodies, in order of path. Where one of them is missing, every top-level field of the
// other is listed.
func fields(old, next *gateway.Resource) []Field {
	if old != nil && next != nil {
		return changedFields(*old, *next)
	}
	var list []Field
	if next != nil {
		for _, name := range slices.Sorted(maps.Keys(next.Spec)) {
			path := gateway.Path{gateway.Field(name)}
			list = append(list, Field{Path: path, New: next.Spec[name], From: from(*next, path)})
		}
		return list
	}
	for _, name := range slices.Sorted(maps.Keys(old.Spec)) {
		list = append(list, Field{Path: gateway.Path{gateway.Field(name)}, Old: old.Spec[name]})
	}
	return list
}

// changedFields explains a pair with go-cmp; the pairs that are the same never get that far.
func changedFields(old, next gateway.Resource) []Field {
	if gateway.Equal(old.Spec, next.Spec) {
		return nil
	}
	reporter := &reporter{next: next}
	cmp.Equal(old.Spec, next.Spec, wholeLists, cmp.Reporter(reporter))
	slices.SortFunc(reporter.found, func(a, b Field) int { return comparePaths(a.Path, b.Path) })
	return reporter.found
}

// wholeLists compares a list as one value unless it holds as many maps as before: "[GET] → [GET,POST]" reads better than an
// item that appeared, and a changed item in a list of rules better than the whole list.
var wholeLists = cmp.FilterValues(
	func(a, b []any) bool { return len(a) != len(b) || !allMaps(a) || !allMaps(b) },
	cmp.Comparer(func(a, b []any) bool { return gateway.Equal(a, b) }),
)

func allMaps(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, isMap := v.(map[string]any); return !isMap })
}

// reporter collects the differences that go-cmp walks over.
type reporter struct {
	next  gateway.Resource
	path  cmp.Path
	found []Field
}

// PushStep is called by go-cmp on the way down.
func (r *reporter) PushStep(step cmp.PathStep) { r.path = append(r.path, step) }

// PopStep is called by go-cmp on the way up.
func (r *reporter) PopStep() { r.path = r.path[:len(r.path)-1] }

// Report is called by go-cmp at each leaf.
func (r *reporter) Report(result cmp.Result) {
	if result.Equal() {
		return
	}
	path := ourPath(r.path)
	field := Field{Path: path, From: from(r.next, path)}
	old, next := r.path.Last().Values()
	if old.IsValid() {
		field.Old = old.Interface()
	}
	if next.IsValid() {
		field.New = next.Interface()
	}
	r.found = append(r.found, field)
}

func ourPath(steps cmp.Path) gateway.Path {
	var path gateway.Path
	for _, step := range steps {
		switch step := step.(type) {
		case cmp.MapIndex:
			path = append(path, gateway.Field(step.Key().String()))
		case cmp.SliceIndex:
			index, after := step.SplitKeys()
			path = append(path, gateway.Item(max(index, after)))
		}
	}
	return path
}

// from is the place that decides the value at path. A label that Sluice sets itself has none, and what is gone is decided by
// the resource as it is now.
func from(r gateway.Resource, path gateway.Path) diag.Pos {
	if len(path) == 2 && path[0].Key == "labels" && path[1].Key == gateway.ManagedBy {
		return diag.Pos{}
	}
	return r.Origin.Place(path)
}

func comparePaths(a, b gateway.Path) int {
	return slices.CompareFunc(a, b, func(s, t gateway.Step) int {
		if s.Key != t.Key {
			if s.Key < t.Key {
				return -1
			}
			return 1
		}
		return s.Index - t.Index
	})
}
