package page

import (
	"strings"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/skew"
)

// unfolded is how many resources of a difference are shown unfolded: one that is longer is to be looked through first.
const unfolded = 12

// diffResource is a resource that is not the same on two sides, however it was found.
type diffResource struct {
	Op       string
	Kind, ID string
	State    string // of live; empty: none
	Where    string // the gateway groups that it is so for; empty: all
	Notes    []string
	Breaking []string
	Fields   []diffField
	More     int // fields that are left out
	Open     bool
	URL      string // who changed it
	From     *insight.Place
}

// diffField is a value that is not the same on two sides.
type diffField struct {
	Path             string
	Old, New         any
	OldName, NewName string // of the two sides
	OldFrom, NewFrom *insight.Place
}

// HasOld reports whether the first side has the field.
func (f diffField) HasOld() bool { return f.Old != nil }

// HasNew reports whether the second side has the field.
func (f diffField) HasNew() bool { return f.New != nil }

// Apart reports whether the two values stand at two places.
func (f diffField) Apart() bool {
	return f.OldFrom.File != f.NewFrom.File || f.OldFrom.Line != f.NewFrom.Line
}

// comparison is a difference of two sides, resource by resource.
type comparison struct {
	Why                       string
	Faults                    []insight.Fault
	Nothing                   string // what is said where there is none
	Resources                 []diffResource
	MoreResources, MoreGroups int
	Paging                    paging
}

// sides names the two sides of a comparison, for who can't see which is which.
type sides struct{ Old, New string }

// comparisonOf draws what was compared. Environment is where a resource can be asked for; empty: it is not offered.
func comparisonOf(c insight.Comparison, environment string, names sides) comparison {
	return comparison{Why: c.Why, Faults: c.Faults, Resources: compared(c, environment, names), MoreResources: c.MoreResources, MoreGroups: c.MoreGroups}
}

func compared(c insight.Comparison, environment string, names sides) []diffResource {
	var all []diffResource
	for i, r := range c.Resources {
		d := diffResource{Op: skewOp(r.Op), Kind: r.Kind, ID: r.ID, Where: whereOf(r), More: r.MoreFields, Open: i < unfolded}
		for _, f := range r.Fields {
			field := diffField{f.Path, f.First, f.Second, names.Old, names.New, f.FirstFrom, f.SecondFrom}
			d.Fields = append(d.Fields, field)
		}
		if environment != "" {
			d.URL = resourceURL(environment, r.Kind, r.ID)
		}
		all = append(all, d)
	}
	return all
}

func skewOp(op skew.Op) string {
	switch op {
	case skew.OnlySecond:
		return "create"
	case skew.OnlyFirst:
		return "delete"
	}
	return "update"
}

// whereOf says in which gateway groups a difference is, where it is not in all.
func whereOf(r insight.ResourceDifference) string {
	groups := r.SecondGroups
	if len(groups) == 0 {
		groups = r.FirstGroups
	}
	if len(groups) == 0 {
		return ""
	}
	return "on " + named(groups)
}

// named lists a few names, and says how many there are beyond.
func named(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + count(len(names)-most, "other", "others")
}

func planned(changes []insight.Change) []diffResource {
	var all []diffResource
	for i, c := range changes {
		d := diffResource{Op: string(c.Op), Kind: c.Kind, ID: c.ID, Breaking: c.Breaking, Fields: fieldsOf(c.Fields, sides{"live", "desired"}), More: c.MoreFields, Open: i < unfolded}
		d.Notes = append(d.Notes, string(c.Phase))
		if c.Why != "" {
			d.Notes = append(d.Notes, c.Why)
		}
		if c.Temporary {
			d.Notes = append(d.Notes, "only on the way")
		}
		all = append(all, d)
	}
	return all
}

func fieldsOf(fields []insight.ChangedField, names sides) []diffField {
	var all []diffField
	for _, f := range fields {
		all = append(all, diffField{Path: f.Path, Old: f.Old, New: f.New, OldName: names.Old, NewName: names.New, NewFrom: f.From})
	}
	return all
}
