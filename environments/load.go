package environments

import (
	"errors"
	"io/fs"
	"path"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

const (
	rootFile        = "sluice.yaml"
	environmentsDir = "environments"
	environmentFile = "environment.yaml"
	groupsDir       = "groups"
	policiesDir     = "policies"
)

// Load reads the layout of the config repo whose root, the directory of sluice.yaml, is the root of fsys. What can't be read
// is a fault and never an absence. Load is safe for concurrent use when fsys is.
// Files that SOPS encrypted, and layers that are pinned, are faults: LoadPinned is for repos that have them.
func Load(fsys fs.FS) Tree { return LoadPinned(fsys, nil, nil) }

// LoadPinned is Load for a config repo that holds files encrypted by SOPS, which keys opens, and layers that are pinned to earlier
// commits, which past opens. Without the one or the other, nil, what needs it is a fault.
func LoadPinned(fsys fs.FS, keys Decrypter, past Past) Tree {
	l := &loader{fsys: newListed(fsys), files: map[string]*file{}, keys: keys, past: past, opened: map[string]opened{}, limits: standardLimits()}
	return l.tree()
}

func (l *loader) tree() Tree {
	var tree Tree
	tree.Settings = l.settings()
	names := l.names()
	for _, name := range names {
		env := l.environment(name)
		l.limits.countAfter(&env)
		tree.Environments = append(tree.Environments, env)
	}
	if many := l.limits.countGroups(tree.Environments); many != nil {
		tree.Faults = append(l.faults, many...).Sorted()
		tree.Environments = nil
		return tree
	}
	checkAfter(tree.Environments)
	checkGroups(tree.Environments)
	tree.Environments = inStages(tree.Environments)
	tree.Faults = l.faults.Sorted()
	for i := range tree.Environments {
		tree.Environments[i].Faults = tree.Environments[i].Faults.Sorted().AtMost(l.limits.faults)
	}
	return tree
}

// loader holds what one Load has read so far.
type loader struct {
	fsys   listed
	faults diag.List        // of the repo as a whole
	files  map[string]*file // environment files, by directory
	keys   Decrypter        // nil: there are none
	past   Past             // nil: there is none
	opened map[string]opened
	limits limits
}

type settingsFile struct {
	Version *int             `yaml:"version"`
	Vars    *strictyaml.Node `yaml:"vars"`
}

func (l *loader) settings() Settings {
	root := diag.Pos{File: rootFile}
	node, faults := l.read(rootFile)
	l.faults.Add(faults...)
	if faults.HasErrors() {
		return Settings{}
	}
	var settings settingsFile
	l.faults.Add(strictyaml.Decode(node, &settings)...)
	switch {
	case settings.Version == nil && node.Get("version") == nil:
		l.faults.Add(diag.Errorf(root, "unknown-version", "the format version is missing").WithHint("write version: 1"))
	case settings.Version != nil && *settings.Version != 1:
		l.faults.Add(diag.Errorf(node.Get("version").Pos, "unknown-version", "format version %d is not known", *settings.Version).
			WithHint("this version of Sluice reads version: 1"))
	}
	l.faults.Add(checkVars(settings.Vars)...)
	return Settings{Vars: settings.Vars}
}

func checkVars(vars *strictyaml.Node) diag.List {
	if vars == nil || vars.Kind == strictyaml.Map || vars.IsNull() {
		return nil
	}
	return diag.List{diag.Errorf(vars.Pos, "wrong-type", "vars must be a map").WithHint("write vars: {name: value}")}
}

// read parses one file, which must be a regular one of no more than 1 MiB.
func (l *loader) read(name string) (*strictyaml.Node, diag.List) {
	place := diag.Pos{File: name}
	entry, fault := l.fsys.lookup(name, place)
	if fault != nil {
		return nil, diag.List{*fault}
	}
	if entry == nil {
		return nil, diag.List{missing(name)}
	}
	data, err := fs.ReadFile(l.fsys.FS, name)
	if err != nil {
		return nil, diag.List{Unreadable(place, err)}
	}
	node, faults := strictyaml.Parse(name, data)
	node, more := Unseal(node, data, l.keys)
	faults.Add(more...)
	if locked := lockedLayout(node); locked != nil {
		return nil, append(faults, locked...)
	}
	return node, faults
}

func missing(name string) diag.Diagnostic {
	if name == rootFile {
		return diag.Errorf(diag.Pos{File: name}, "no-config-repo", "there is no sluice.yaml here").
			WithHint("sluice init writes a new config repo; check the root in the daemon's file if there is one")
	}
	return diag.Errorf(diag.Pos{File: name}, "no-environment-file", "there is no environment.yaml in %q", path.Dir(name)).
		WithHint("add one with a list of groups, or move the directory out of environments/")
}

// Unreadable is the fault of a file or a directory that can't be read. The error's own path is left out: the place says it.
func Unreadable(pos diag.Pos, err error) diag.Diagnostic {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return diag.Errorf(pos, "unreadable", "can't be read: %v", err).WithHint("nothing is applied until it can be read")
}

// names returns the directories below environments/, sorted.
func (l *loader) names() []string {
	entries, err := fs.ReadDir(l.fsys.FS, environmentsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.faults.Add(Unreadable(diag.Pos{File: environmentsDir}, err))
		return nil
	}
	var names []string
	for _, entry := range entries {
		if !utf8.ValidString(entry.Name()) {
			l.faults.Add(badEncoding(environmentsDir, entry))
		} else if entry.IsDir() || irregular(entry) {
			names = append(names, entry.Name())
		}
	}
	if len(names) > l.limits.environments {
		l.faults.Add(l.limits.tooManyEnvironments(len(names)))
		return nil
	}
	if len(names) == 0 && !l.faults.HasErrors() {
		l.faults.Add(diag.Errorf(diag.Pos{File: environmentsDir}, "no-environments", "the config repo has no environments").
			WithHint("add environments/test/environment.yaml with a list of groups"))
	}
	return names
}
