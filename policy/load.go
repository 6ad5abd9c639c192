package policy

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// dir is the directory of policies in a config repo.
const dir = "policies"

// Load reads and compiles the policies of the config repo whose root is the root of fsys: every YAML file in policies/ and below
// it. All faults are reported. With one of severity Error among them the Set is not whole and must not be relied on. What can't
// be read is a fault and never an absence. Load is safe for concurrent use when fsys is.
func Load(fsys fs.FS) (Set, diag.List) {
	files, faults := find(fsys)
	if len(files) == 0 {
		return Set{}, faults
	}
	return load(fsys, files, faults, standardLimits())
}

func load(fsys fs.FS, files []string, faults diag.List, within limits) (Set, diag.List) {
	l := loader{fsys: fsys, env: language(), names: map[string]diag.Pos{}, faults: faults, limits: within, left: within.runes}
	for _, file := range files {
		l.file(file)
	}
	l.set.limits = within
	return l.set, l.faults.Sorted().AtMost(within.faults)
}

// find returns the names of the policy files, sorted.
func find(fsys fs.FS) ([]string, diag.List) {
	w := walker{fsys: fsys, limits: standardLimits()}
	w.walk(".", 0, func(name string) bool { return name == dir })
	return w.files, w.faults
}

// walker collects files without following symlinks.
type walker struct {
	fsys    fs.FS
	limits  limits
	entries int  // looked at so far
	full    bool // whether a limit was reached
	files   []string
	faults  diag.List
}

// walk looks at the wanted entries of a directory and at all that is below them.
func (w *walker) walk(at string, depth int, wanted func(name string) bool) {
	if !w.affords(at, depth) {
		return
	}
	entries, err := fs.ReadDir(w.fsys, at)
	if err != nil {
		w.faults.Add(unreadable(at, err))
	}
	for _, entry := range entries {
		if name := path.Join(at, entry.Name()); wanted(name) {
			w.entries++
			w.entry(name, depth+1, entry)
		}
	}
}

func (w *walker) entry(name string, depth int, entry fs.DirEntry) {
	place := diag.Pos{File: name}
	switch {
	case entry.Type()&fs.ModeSymlink != 0:
		w.faults.Add(diag.Errorf(place, "symlink", "a symlink stands here").WithHint("copy what it leads to"))
	case entry.IsDir():
		w.walk(name, depth, func(string) bool { return true })
	case !entry.Type().IsRegular():
		w.faults.Add(diag.Errorf(place, "submodule", "a submodule or special file stands here").
			WithHint("copy its files into the config repo, so that one commit says everything"))
	case strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"):
		w.files = append(w.files, name)
	}
}

func unreadable(name string, err error) diag.Diagnostic {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return diag.Errorf(diag.Pos{File: name}, "unreadable", "can't be read: %v", err).
		WithHint("nothing is applied until it can be read")
}

// loader holds what one Load has read so far.
type loader struct {
	fsys   fs.FS
	env    *cel.Env
	names  map[string]diag.Pos
	set    Set
	faults diag.List
	limits limits
	full   bool // whether there are too many policies
	left   int  // characters that expressions may still have
}

func (l *loader) file(name string) {
	data, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		l.faults.Add(unreadable(name, err))
		return
	}
	node, faults := strictyaml.Parse(name, data)
	l.faults.Add(faults...)
	var file struct {
		Policies *strictyaml.Node `yaml:"policies"`
	}
	l.faults.Add(strictyaml.Decode(node, &file)...)
	if file.Policies != nil {
		l.policies(file.Policies, linesOf(data))
	}
}

// policies reads a map from name to policy, or a list of policies that hold their names.
func (l *loader) policies(n *strictyaml.Node, lines []string) {
	switch {
	case n.Kind == strictyaml.Map:
		for _, field := range n.Fields {
			l.policy(field.Key, field.Pos, field.Value, lines)
		}
	case n.Kind == strictyaml.List:
		for _, item := range n.Items {
			l.named(item, lines)
		}
	case !n.IsNull():
		l.faults.Add(diag.Errorf(n.Pos, "wrong-type", "policies must be a map or a list").
			WithHint("write policies: {name: {assert: …}}"))
	}
}

// named reads a policy of a list.
func (l *loader) named(item *strictyaml.Node, lines []string) {
	name := item.Get("name")
	if name == nil {
		l.faults.Add(diag.Errorf(item.Pos, "policy-incomplete", "the policy has no name").WithHint("write - name: its-name"))
		return
	}
	text, ok := name.Value.(string)
	if !ok {
		l.faults.Add(diag.Errorf(name.Pos, "wrong-type", "the name of a policy must be text").WithHint("quote it"))
		return
	}
	l.policy(text, name.Pos, item, lines)
}

// policy reads one policy and keeps it when it has no fault.
func (l *loader) policy(name string, pos diag.Pos, body *strictyaml.Node, lines []string) {
	if first, twice := l.names[name]; twice {
		l.faults.Add(diag.Errorf(pos, "duplicate-policy", "the policy %q exists already", name).
			WithAlso(first, "first set at").WithHint("rename one of the two"))
		return
	}
	if !l.affords(pos) {
		return
	}
	l.names[name] = pos
	r := reader{env: l.env, lines: lines, name: name, pos: pos, left: &l.left}
	p := r.policy(body)
	l.faults.Add(r.faults...)
	if !r.faults.HasErrors() {
		l.set.policies = append(l.set.policies, p)
	}
}
