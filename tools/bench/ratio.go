package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"text/tabwriter"
)

// ratio compares two benchmarks by name.
type ratio struct{ what, of, to string }

// ratios lists what is worth comparing.
func ratios() []ratio {
	return []ratio{
		{"write 1,000 routes, to the same requests in a plain loop", "Put", "PutBare"},
		{"first apply of 10,000 resources, to the same PUTs in a plain loop", "FirstApply/cost=0", "FirstApplyBare/cost=0"},
		{"the same at 1 ms a write", "FirstApply/cost=1ms", "FirstApplyBare/cost=1ms"},
		{"look for a new commit, to git fetch", "Latest/files=1000/http/unchanged", "Git/files=1000/http/unchanged"},
		{"take one new commit, to git fetch", "Latest/files=1000/http/changed", "Git/files=1000/http/changed"},
		{"render again with nothing changed, to a cold render", "Render/resources=10000/unchanged", "Render/resources=10000/cold"},
		{"render again with one file changed, to a cold render", "Render/resources=10000/one-file-changed", "Render/resources=10000/cold"},
		{"first render of 10,000 resources for one gateway group, to decoding their YAML once", "Fleet/tenth-varies/cold-one-group", "Fleet/tenth-varies/decode"},
		{"first render of the same for 20 gateway groups, of which a tenth of the routes differs, to decoding once", "Fleet/tenth-varies/cold", "Fleet/tenth-varies/decode"},
		{"the same where every route differs in every group", "Fleet/all-vary/cold", "Fleet/all-vary/decode"},
		{"render 20 groups again with one file changed that all inherit, to their first render", "Fleet/tenth-varies/one-file-changed", "Fleet/tenth-varies/cold"},
		{"the same where every route differs in every group", "Fleet/all-vary/one-file-changed", "Fleet/all-vary/cold"},
		{"write 1,000 routes with metrics and traces, to the same without", "Watched/on", "Watched/off"},
		{"read YAML with places and checks, to the bare library", "Parse/strict", "Parse/bare"},
	}
}

var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op`)

// measurement reads one line of `go test -bench`.
func measurement(line string) (name string, nanoseconds float64, ok bool) {
	found := benchmarkLine.FindStringSubmatch(line)
	if found == nil {
		return "", 0, false
	}
	nanoseconds, err := strconv.ParseFloat(found[2], 64)
	return found[1], nanoseconds, err == nil
}

// printRatios says by name what was not measured, so that a benchmark that is renamed does not vanish.
func printRatios(w io.Writer, times map[string]float64) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nratio\twhat")
	for _, r := range ratios() {
		if times[r.of] == 0 || times[r.to] == 0 {
			fmt.Fprintf(table, "-\t%s: %s or %s was not measured\n", r.what, r.of, r.to)
			continue
		}
		fmt.Fprintf(table, "%.3f\t%s\n", times[r.of]/times[r.to], r.what)
	}
	table.Flush()
}
