package main

import "github.com/sluice-gitops/sluice/diag"

// atPins moves faults in pinned layers to the pins: the lines of an earlier commit are not those of the checkout.
func atPins(faults diag.List) diag.List {
	var moved diag.List
	for _, fault := range faults {
		for _, also := range fault.Also {
			if fault.Pos.Revision != "" && also.Pos.Revision == "" && !also.Pos.IsZero() {
				fault.What = fault.Pos.String() + ": " + fault.What
				fault.Pos = also.Pos
				break
			}
		}
		moved.Add(fault)
	}
	return moved
}
