package environments

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// walkLimits bound what is looked at to find the files of one layer. A directory of Git can stand in many places at once, so that a
// repository of a few kilobytes can show more paths than can ever be walked.
type walkLimits struct {
	entries int // files and directories of all kinds
	depth   int // directories inside one another
}

func standardWalk() walkLimits { return walkLimits{entries: 100_000, depth: 50} }

// affords reports whether a directory may still be looked into. What is left out is a fault, once for each limit.
func (w *walker) affords(dir string, depth int) bool {
	switch {
	case depth > w.limits.depth:
		w.exceeds(diag.Errorf(diag.Pos{File: dir}, "over-limit", "more than %d directories stand inside one another", w.limits.depth).
			WithHint("flatten them"))
	case w.entries > w.limits.entries:
		w.exceeds(diag.Errorf(diag.Pos{File: dir}, "over-limit", "the layer has more than %d files and directories", w.limits.entries).
			WithHint("put several resources into one file; what is no fragment belongs outside the layers"))
	default:
		return true
	}
	return false
}

func (w *walker) exceeds(fault diag.Diagnostic) {
	if !slices.ContainsFunc(w.faults, func(d diag.Diagnostic) bool { return d.What == fault.What }) {
		w.faults.Add(fault)
	}
}
