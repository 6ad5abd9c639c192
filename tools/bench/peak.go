package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"text/tabwriter"
)

// peak is the memory of a process after some work.
type peak struct{ what, of, unit string }

// peaks lists the memory that is worth knowing.
func peaks() []peak {
	var all []peak
	for _, shape := range []struct{ what, of string }{
		{"where a tenth of the routes differs", "FleetRSS/tenth-varies"}, {"where every route differs", "FleetRSS/all-vary"},
	} {
		all = append(all,
			peak{"peak of a process that has rendered 10,000 resources for 20 groups, " + shape.what, shape.of, "cold-MiB"},
			peak{"the same after a pass with nothing to do", shape.of, "idle-MiB"},
			peak{"the same after a commit that changes one file", shape.of, "one-file-MiB"},
			peak{"what it keeps then", shape.of, "kept-MiB"})
	}
	for _, shape := range []struct{ what, of string }{
		{"where a tenth of the routes differs", "DaemonPass/tenth-varies"}, {"where every route differs", "DaemonPass/all-vary"},
	} {
		all = append(all,
			peak{"peak of a daemon's first pass over 10,000 resources in each of 20 groups, " + shape.what, shape.of, "cold-MiB"},
			peak{"the same after a commit that changes one route", shape.of, "one-route-MiB"},
			peak{"the same after a look at all that is live", shape.of, "look-MiB"})
	}
	return all
}

var amount = regexp.MustCompile(`\s([0-9.]+) (\S+-MiB)`)

// amounts reads the memory in one line of `go test -bench`, by the name of the benchmark and the unit.
func amounts(line string) map[string]float64 {
	all := map[string]float64{}
	name, _, ok := measurement(line)
	if !ok {
		return all
	}
	for _, found := range amount.FindAllStringSubmatch(line, -1) {
		if mib, err := strconv.ParseFloat(found[1], 64); err == nil {
			all[name+" "+found[2]] = mib
		}
	}
	return all
}

// printPeaks says by name what was not measured, as printRatios does.
func printPeaks(w io.Writer, memory map[string]float64) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nMiB\twhat")
	for _, p := range peaks() {
		if mib := memory[p.of+" "+p.unit]; mib > 0 {
			fmt.Fprintf(table, "%.0f\t%s\n", mib, p.what)
		} else {
			fmt.Fprintf(table, "-\t%s: %s was not measured\n", p.what, p.of)
		}
	}
	table.Flush()
}
