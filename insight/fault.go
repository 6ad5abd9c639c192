package insight

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// Fault is a fault of the config repo, with its place.
type Fault struct {
	Place *Place `json:"place,omitempty"` // nil: it has none
	What  string `json:"what"`            // one sentence
	Hint  string `json:"hint,omitempty"`  // how to mend it
}

// mostFaults bounds how many faults are told with their places.
const mostFaults = 200

// faultLine is the first line of a fault with a place, as diag.Diagnostic writes it.
var faultLine = regexp.MustCompile(`^([^\s:][^:]*):(\d+)(?::(\d+))?(?:@([0-9a-f]+))?: (.+)$`)

// faultsIn finds the faults in a text that was made of a diag.List, as the journal keeps it, of the config repo at a commit. Other texts
// have none.
func (m *Model) faultsIn(commit, detail string) []Fault {
	var faults []Fault
	for line := range strings.Lines(detail) {
		line = strings.TrimRight(line, "\n")
		if hint, ok := strings.CutPrefix(line, "\thint: "); ok && len(faults) > 0 {
			faults[len(faults)-1].Hint = hint
			continue
		}
		parts := faultLine.FindStringSubmatch(line)
		if parts == nil || len(faults) == mostFaults {
			continue
		}
		at, _ := strconv.Atoi(parts[2]) // only digits; what is no number is no line
		col, _ := strconv.Atoi(parts[3])
		pos := diag.Pos{File: parts[1], Line: at, Col: col, Revision: parts[4]}
		faults = append(faults, Fault{Place: m.place(commit, pos), What: parts[5]})
	}
	return faults
}

// faultsOf returns the faults of a list.
func (m *Model) faultsOf(commit string, list diag.List) []Fault {
	var faults []Fault
	for _, fault := range list[:min(len(list), mostFaults)] {
		faults = append(faults, Fault{Place: m.place(commit, fault.Pos), What: fault.What, Hint: fault.Hint})
	}
	return faults
}
