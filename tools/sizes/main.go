// Command sizes prints how long files and functions are, package by package: what `make sizes` shows. Tests are counted apart.
package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

func main() {
	packages, err := measure(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sizes:", err)
		os.Exit(1)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "package\tlines\tfiles median/p90/max\tfunctions median/p90/max\texported\ttest lines\t")
	total := &sizes{}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		packages[name].print(table, name)
		total.add(packages[name])
	}
	total.print(table, "all")
	table.Flush()
}

// measure walks over the module, without what git ignores and test data.
func measure(root string) (map[string]*sizes, error) {
	packages := map[string]*sizes{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if packages[dir] == nil {
			packages[dir] = &sizes{}
		}
		return packages[dir].file(path)
	})
	return packages, err
}
