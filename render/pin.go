package render

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// atPins adds to the faults in pinned layers where the pin stands: mending the files as they are now does not mend what is read.
func atPins(layers []environments.Layer, faults diag.List) diag.List {
	placed := slices.Clone(faults)
	for i, fault := range placed {
		if fault.Pos.Revision == "" {
			continue
		}
		for _, l := range layers {
			if l.Revision == fault.Pos.Revision && (fault.Pos.File == l.Path || strings.HasPrefix(fault.Pos.File, l.Path+"/")) {
				placed[i] = fault.WithAlso(l.RevisionPos, "pinned at")
			}
		}
	}
	return placed
}
