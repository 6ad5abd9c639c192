package skew

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// variant is what some groups of a side have of one resource: nil when they lack it.
type variant struct {
	resource *gateway.Resource
	groups   []string
}

// variants are the ways in which the groups of a side have a resource: one, when all agree.
func variants(side Side, key gateway.Key) []variant {
	var found []variant
	for _, group := range side.Groups {
		var own *gateway.Resource
		if resource, ok := side.States[group][key]; ok {
			own = &resource
		}
		i := slices.IndexFunc(found, func(v variant) bool { return same(v.resource, own) })
		if i < 0 {
			found = append(found, variant{resource: own, groups: []string{group}})
			continue
		}
		found[i].groups = append(found[i].groups, group)
	}
	return found
}

func same(a, b *gateway.Resource) bool {
	if a == nil || b == nil {
		return a == b
	}
	// What several groups share was made once, origin and all.
	return a.Origin != nil && a.Origin == b.Origin || gateway.Equal(a.Spec, b.Spec)
}

// against compares the variants of two sides, for the groups that are to be compared. It reports false when there are none.
func (v variant) against(other variant, paired func(a, b string) bool) (Difference, bool) {
	d := Difference{}
	for _, a := range v.groups {
		for _, b := range other.groups {
			if paired(a, b) {
				d.FirstGroups, d.SecondGroups = add(d.FirstGroups, a), add(d.SecondGroups, b)
			}
		}
	}
	switch {
	case d.FirstGroups == nil:
		return d, false
	case v.resource == nil && other.resource == nil:
	case v.resource == nil:
		d.Op, d.Key, d.Fields = OnlySecond, other.resource.Key, whole(*other.resource, false)
	case other.resource == nil:
		d.Op, d.Key, d.Fields = OnlyFirst, v.resource.Key, whole(*v.resource, true)
	default:
		d.Op, d.Key = Differs, v.resource.Key
		d.Fields = fields(*v.resource, *other.resource)
	}
	return d, true
}

func add(groups []string, group string) []string {
	if slices.Contains(groups, group) {
		return groups
	}
	return append(groups, group)
}

// together takes what all comparisons of one resource came to apart: first what is so for all, then what is so for some groups.
func together(found []Difference, first, second Side) []Difference {
	var all []Difference
	if common := inAll(found); len(common) > 0 && len(found) > 1 {
		all = append(all, Difference{Op: Differs, Key: found[0].Key, Fields: common})
		for i := range found {
			found[i].Fields = without(found[i].Fields, common)
		}
	}
	for _, d := range found {
		if d.Op == "" || d.Op == Differs && len(d.Fields) == 0 {
			continue
		}
		if len(d.FirstGroups) == len(first.Groups) {
			d.FirstGroups = nil
		}
		if len(d.SecondGroups) == len(second.Groups) {
			d.SecondGroups = nil
		}
		all = append(all, d)
	}
	return all
}

// inAll returns the fields that differ in the same way in every comparison; none when a side lacks the resource in one.
func inAll(found []Difference) []Field {
	var common []Field
	for i, d := range found {
		switch {
		case d.Op != Differs:
			return nil
		case i == 0:
			common = d.Fields
		default:
			common = slices.DeleteFunc(slices.Clone(common), func(f Field) bool { return !holds(d.Fields, f) })
		}
	}
	return common
}

func without(fields, gone []Field) []Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return holds(gone, f) })
}

func holds(fields []Field, f Field) bool {
	return slices.ContainsFunc(fields, func(g Field) bool {
		return slices.Equal(f.Path, g.Path) && f.Meant == g.Meant && gateway.Equal(f.First, g.First) && gateway.Equal(f.Second, g.Second)
	})
}
