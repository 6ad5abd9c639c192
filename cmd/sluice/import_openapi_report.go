package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/openapi"
)

// tellDifferences says what an import changes in a layer.
func (a *app) tellDifferences(target layerFiles, fresh bool, differences []openapi.Difference, layer openapi.Layer) {
	where := filepath.ToSlash(target.dir)
	switch {
	case fresh:
		fmt.Fprintf(a.stdout, "%s is new: %s\n", where, count(layer.Routes(), "route"))
		return
	case len(differences) == 0:
		fmt.Fprintf(a.stdout, "%s is as the document says: %s\n", where, count(layer.Routes(), "route"))
		return
	}
	counts := map[string]int{}
	for _, d := range differences {
		counts[d.Op]++
	}
	fmt.Fprintf(a.stdout, "%s: %d to add, %d to change, %d to remove\n", where, counts["+"], counts["~"], counts["-"])
	for _, d := range differences {
		fmt.Fprintln(a.stdout, strings.TrimRight("  "+d.Op+" "+d.Key.String()+"  "+d.Title, " "))
		for _, field := range d.Fields {
			fmt.Fprintln(a.stdout, "      "+fieldText(field))
		}
	}
}

func fieldText(f openapi.Field) string {
	switch {
	case f.Old == nil:
		return fmt.Sprintf("%s  %s", f.Path, gateway.Show(f.New))
	case f.New == nil:
		return fmt.Sprintf("%s  %s → (none)", f.Path, gateway.Show(f.Old))
	}
	return fmt.Sprintf("%s  %s → %s", f.Path, gateway.Show(f.Old), gateway.Show(f.New))
}

// openapiNext says what the layer needs to work.
func (a *app) openapiNext(i openapiImport, layer openapi.Layer) {
	fmt.Fprintf(a.stdout, "\nWritten. An environment has it with\n\n    extends: [services/%s]\n", i.Service)
	if len(layer.Variables) > 0 {
		fmt.Fprintf(a.stdout, "\nand these variables (a backend is HOST:PORT):\n\n")
		for _, name := range layer.Variables {
			fmt.Fprintf(a.stdout, "    vars: {%s: …}\n", name)
		}
	}
	if len(layer.Secrets) > 0 {
		fmt.Fprintf(a.stdout, "\nThe daemon has to know, and to allow, these secrets: %s\n", strings.Join(layer.Secrets, ", "))
	}
	fmt.Fprintf(a.stdout, "\n    sluice validate --repo %s\n", i.to)
}
