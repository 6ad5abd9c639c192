package diag

import (
	"cmp"
	"slices"
	"strings"
)

// List holds the faults of one piece of work. The zero value is an empty list, ready to use. It is not safe for use by
// several goroutines at once.
type List []Diagnostic

// Add appends faults.
func (l *List) Add(ds ...Diagnostic) { *l = append(*l, ds...) }

// HasErrors reports whether any fault stops the work.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// At returns the faults with the commit that their places are of. Places that name one already, or no file, stay as they are.
func (l List) At(revision string) List {
	var moved List
	for _, d := range l {
		d.Pos, d.Also = d.Pos.at(revision), slices.Clone(d.Also)
		for i := range d.Also {
			d.Also[i].Pos = d.Also[i].Pos.at(revision)
		}
		moved.Add(d)
	}
	return moved
}

// Sorted returns the faults in order of place, each one once.
func (l List) Sorted() List {
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.What, b.What))
	})
	return slices.CompactFunc(sorted, func(a, b Diagnostic) bool { return a.Error() == b.Error() })
}

// Err returns the sorted list as an error when it holds a fault of severity Error, else nil. Warnings travel along.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l.Sorted()
}

// Error returns all faults, one after the other.
func (l List) Error() string {
	texts := make([]string, len(l))
	for i, d := range l {
		texts[i] = d.Error()
	}
	return strings.Join(texts, "\n")
}
