package render

import (
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// firstGroup is the gateway group that what concerns all of them is told with; empty when there are none.
func firstGroup(tree environments.Tree) string {
	for _, env := range tree.Environments {
		if groups := env.Groups(); len(groups) > 0 {
			return groups[0]
		}
	}
	return ""
}

// strayGroups warns of entries of schemas/groups.yaml for gateway groups that no environment has. What can't be read is told by
// the groups themselves.
func strayGroups(fsys fs.FS, tree environments.Tree) diag.List {
	entries, fault := schemaEntries(fsys)
	if fault != nil || !regular(entries, "groups.yaml") {
		return nil
	}
	data, err := fs.ReadFile(fsys, SchemaGroupsFile)
	if err != nil {
		return nil
	}
	root, _ := strictyaml.Parse(SchemaGroupsFile, data)
	if root == nil || root.Kind != strictyaml.Map {
		return nil
	}
	var warnings diag.List
	_, groups := tree.Names()
	for _, entry := range root.Fields {
		if !slices.Contains(groups, entry.Key) {
			warnings.Add(diag.Warningf(entry.Pos, "unused-schema", "%q is no gateway group of any environment", entry.Key).
				WithHint("%s", diag.DidYouMean(entry.Key, groups, "remove the entry")))
		}
	}
	return warnings
}
