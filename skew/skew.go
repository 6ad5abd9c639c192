package skew

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Side is what one side of a comparison wants, for each of its gateway groups.
type Side struct {
	Name   string
	Groups []string
	States map[string]gateway.State // by group; a group without one lacks everything
}

// Op says on which side a resource is. The zero value is not one.
type Op string

// The three kinds of differences.
const (
	OnlySecond Op = "only-second"
	OnlyFirst  Op = "only-first"
	Differs    Op = "differs"
)

// Difference is a resource that is not the same on both sides.
type Difference struct {
	Op  Op
	Key gateway.Key
	// FirstGroups and SecondGroups name the gateway groups that it is so for; nil means all of that side.
	FirstGroups, SecondGroups []string
	Fields                    []Field // of a resource on one side only, every top-level field that the config repo sets
}

// Field is a value that is not the same on both sides.
type Field struct {
	Path                  gateway.Path
	First, Second         any      // nil where that side lacks it
	FirstFrom, SecondFrom diag.Pos // where it was written; zero where nothing was
	// Meant says that the two sides wrote the same template at the same place: only their variables differ.
	Meant bool
}

// Environments compares two environments, each group of the first with each of the second. What differs in the same way for all of
// them is told once, without groups.
func Environments(first, second Side) []Difference {
	return compare(first, second, func(string, string) bool { return true })
}

// Commits compares an environment with itself at another commit, group by group. A group that one side has not lacks everything
// there.
func Commits(first, second Side) []Difference {
	all := slices.Concat(first.Groups, second.Groups)
	slices.Sort(all)
	first.Groups = slices.Compact(all)
	second.Groups = first.Groups
	return compare(first, second, func(a, b string) bool { return a == b })
}

func compare(first, second Side, paired func(a, b string) bool) []Difference {
	var all []Difference
	for _, key := range keys(first, second) {
		var found []Difference
		before, after := variants(first, key), variants(second, key)
		for _, a := range before {
			for _, b := range after {
				if d, ok := a.against(b, paired); ok {
					found = append(found, d)
				}
			}
		}
		all = append(all, together(found, first, second)...)
	}
	return all
}

func keys(first, second Side) []gateway.Key {
	every := gateway.State{}
	for _, side := range []Side{first, second} {
		for _, state := range side.States {
			for key := range state {
				every[key] = gateway.Resource{}
			}
		}
	}
	return every.Keys()
}

// Unmeant returns the differences without the fields that are meant to differ, and how many of those there are. One that
// differs between several groups counts once.
func Unmeant(all []Difference) (left []Difference, meant int) {
	seen := map[string]bool{}
	for _, d := range all {
		var fields []Field
		for _, f := range d.Fields {
			if f.Meant {
				seen[d.Key.String()+" "+f.Path.String()] = true
			} else {
				fields = append(fields, f)
			}
		}
		if d.Fields = fields; len(fields) > 0 || d.Op != Differs {
			left = append(left, d)
		}
	}
	return left, len(seen)
}
