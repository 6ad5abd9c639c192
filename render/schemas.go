package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Where the schemas of gateways stand in a config repo.
const (
	// SchemasDir holds a file NAME.json for each Set of schemas.
	SchemasDir = "schemas"
	// SchemaGroupsFile says which gateway group has which of them: {prod-eu: apisix-3.18.0}.
	SchemaGroupsFile = SchemasDir + "/groups.yaml"
)

// loadedSet is a file of schemas that was read.
type loadedSet struct {
	set    *schema.Set
	faults diag.List
}

// groupSet returns the schemas that a group's resources are checked by: those that the repo holds for it, else the built-in
// ones.
func (r *Renderer) groupSet(fsys fs.FS, group string, pass int) (*schema.Set, diag.List) {
	entries, fault := schemaEntries(fsys)
	if fault != nil {
		return nil, diag.List{*fault}
	}
	if len(entries) == 0 {
		return schema.Core(), nil
	}
	if !regular(entries, "groups.yaml") {
		return schema.Core(), strayEntry(entries)
	}
	name, faults := schemaOf(fsys, group)
	if name == nil || faults.HasErrors() {
		return schema.Core(), faults
	}
	loaded := r.schemaFile(fsys, entries, name, group, pass)
	faults.Add(loaded.faults...)
	return loaded.set, faults
}

// schemaEntries lists schemas/, which may be absent and must not lead elsewhere. The list is empty when there is no such directory.
func schemaEntries(fsys fs.FS) ([]fs.DirEntry, *diag.Diagnostic) {
	at := diag.Pos{File: SchemasDir}
	info, err := fs.Lstat(fsys, SchemasDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.IsDir() {
		fault := diag.Errorf(at, "bad-schema", "this is no directory").WithHint("make it one, and write groups.yaml into it")
		return nil, &fault
	}
	entries, err := fs.ReadDir(fsys, SchemasDir)
	if err != nil {
		fault := environments.Unreadable(at, err)
		return nil, &fault
	}
	return entries, nil
}

// regular reports whether there is a file of that name. What is neither a file nor absent is told by strayEntry.
func regular(entries []fs.DirEntry, name string) bool {
	return slices.ContainsFunc(entries, func(entry fs.DirEntry) bool { return entry.Name() == name && entry.Type().IsRegular() })
}

// strayEntry refuses a groups.yaml that is no file: it would be overlooked.
func strayEntry(entries []fs.DirEntry) diag.List {
	for _, entry := range entries {
		if entry.Name() == "groups.yaml" {
			return diag.List{diag.Errorf(diag.Pos{File: SchemaGroupsFile}, "bad-schema", "this is no regular file").
				WithHint("write the file itself: {prod-eu: apisix-3.18.0}")}
		}
	}
	return nil
}

var schemaName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// schemaOf reads which schemas a group has; nil when there is no entry.
func schemaOf(fsys fs.FS, group string) (*strictyaml.Node, diag.List) {
	data, err := fs.ReadFile(fsys, SchemaGroupsFile)
	if err != nil {
		return nil, diag.List{environments.Unreadable(diag.Pos{File: SchemaGroupsFile}, err)}
	}
	root, faults := strictyaml.Parse(SchemaGroupsFile, data)
	if root == nil || root.IsNull() {
		return nil, faults
	}
	if root.Kind != strictyaml.Map {
		faults.Add(diag.Errorf(root.Pos, "wrong-type", "this must be a map of gateway groups").WithHint("write prod-eu: apisix-3.18.0"))
		return nil, faults
	}
	name := root.Get(group)
	if name == nil {
		return nil, faults
	}
	if text, ok := name.Value.(string); !ok || !schemaName.MatchString(text) {
		faults.Add(diag.Errorf(name.Pos, "bad-schema", "a gateway group needs the name of a file in schemas/").
			WithHint("write %s: apisix-3.18.0, for schemas/apisix-3.18.0.json", group))
	}
	return name, faults
}

// schemaFile reads the file that an entry names, from the cache when its content is known.
func (r *Renderer) schemaFile(fsys fs.FS, entries []fs.DirEntry, name *strictyaml.Node, group string, pass int) *loadedSet {
	base, _ := name.Value.(string)
	file := base + ".json"
	if !regular(entries, file) {
		return &loadedSet{faults: diag.List{diag.Errorf(name.Pos, "bad-schema", "there is no file %s/%s", SchemasDir, file).
			WithHint("%s", diag.DidYouMean(base, setNames(entries), "store it with sluice schema pull "+group))}}
	}
	data, err := fs.ReadFile(fsys, SchemasDir+"/"+file)
	if err != nil {
		return &loadedSet{faults: diag.List{environments.Unreadable(diag.Pos{File: SchemasDir + "/" + file}, err)}}
	}
	sum := sha256.Sum256(data)
	return r.sets.get(file+"@"+hex.EncodeToString(sum[:]), pass, func() *loadedSet { return readSet(SchemasDir+"/"+file, data, name.Pos) })
}

func setNames(entries []fs.DirEntry) []string {
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".json"); ok {
			names = append(names, name)
		}
	}
	return names
}

func readSet(file string, data []byte, asked diag.Pos) *loadedSet {
	set, err := schema.Decode(data)
	if err == nil {
		return &loadedSet{set: set}
	}
	pos := diag.Pos{File: file}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(len(data), int(syntax.Offset))]
		pos.Line = 1 + bytes.Count(before, []byte("\n"))
	}
	return &loadedSet{faults: diag.List{diag.Errorf(pos, "bad-schema", "these are no schemas: %v", err).
		WithHint("store them anew with sluice schema pull").WithAlso(asked, "asked for at")}}
}
