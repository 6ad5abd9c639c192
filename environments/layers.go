package environments

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// flattener follows extends from directory to directory.
type flattener struct {
	*loader
	layers []Layer
	chain  []placed // directories that are being followed, and the places that named them
	faults diag.List
	full   bool // whether a limit was reached
}

// add adds the layers that a directory inherits, then the directory itself. Only directories below environments/ can inherit.
// What they inherit, and their variables, is what the commit itself says, be the directory pinned or not.
func (f *flattener) add(layer Layer) {
	for i, above := range f.chain {
		if above.text == layer.Path {
			f.cycle(f.chain[i:], layer.Pos, layer.Path)
			return
		}
	}
	if i := slices.IndexFunc(f.layers, func(l Layer) bool { return l.Path == layer.Path }); i >= 0 {
		f.samePin(f.layers[i], layer)
		return
	}
	if !f.affords(layer) {
		return
	}
	f.chain = append(f.chain, placed{layer.Path, layer.Pos})
	if f.isEnvironment(layer.Path) {
		layer.Vars = f.inherit(layer.Path, layer.Pos)
	}
	f.chain = f.chain[:len(f.chain)-1]
	f.layers = append(f.layers, layer)
}

func (f *flattener) isEnvironment(dir string) bool {
	if path.Dir(dir) != environmentsDir {
		return false
	}
	// What can't be looked at counts as one: reading it then reports the fault, and nothing is inherited in silence.
	entry, fault := f.fsys.lookup(path.Join(dir, environmentFile), diag.Pos{})
	return entry != nil || fault != nil
}

// inherit follows the extends of an environment, and returns its variables.
func (f *flattener) inherit(dir string, pos diag.Pos) *strictyaml.Node {
	parsed := f.file(dir)
	if parsed.faults.HasErrors() && len(f.chain) > 1 {
		fault := diag.Errorf(pos, "broken-parent", "%q has faults of its own", dir).WithHint("mend them first")
		f.faults.Add(fault.WithAlso(firstError(parsed.faults), "the first of them at"))
	}
	f.extends(parsed.Extends)
	return parsed.Vars
}

func firstError(faults diag.List) diag.Pos {
	for _, fault := range faults.Sorted() {
		if fault.Severity == diag.Error {
			return fault.Pos
		}
	}
	return diag.Pos{}
}

func (f *flattener) extends(n *strictyaml.Node) {
	if n == nil || n.IsNull() {
		return
	}
	if n.Kind == strictyaml.List {
		checkTag(n, &f.faults)
	} else {
		n = &strictyaml.Node{Kind: strictyaml.List, Pos: n.Pos, Items: []*strictyaml.Node{n}}
	}
	seen := map[string]diag.Pos{}
	for _, item := range n.Items {
		asked, ok := f.path(item)
		if !ok {
			continue
		}
		layer, ok := f.open(asked)
		if !ok {
			continue
		}
		if first, twice := seen[layer.Path]; twice {
			f.faults.Add(diag.Errorf(layer.Pos, "duplicate-layer", "the layer %q is named twice", layer.Path).
				WithHint("keep one of the two: later wins").WithAlso(first, "first named at"))
			continue
		}
		seen[layer.Path] = layer.Pos
		f.add(layer)
	}
}

type pinnedLayer struct {
	Path     *strictyaml.Node `yaml:"path"`
	Revision *strictyaml.Node `yaml:"revision"`
}

// asked is an entry of extends.
type asked struct {
	placed
	pin *strictyaml.Node // the revision; nil for the commit itself
}

// path reads one entry of extends: a text, or a map with a path.
func (f *flattener) path(item *strictyaml.Node) (asked, bool) {
	var entry pinnedLayer
	node := item
	if item.Kind == strictyaml.Map {
		f.faults.Add(strictyaml.Decode(item, &entry)...)
		if node = entry.Path; node == nil {
			f.faults.Add(diag.Errorf(item.Pos, "bad-layer", "a layer needs a path").WithHint("write {path: services/user}"))
			return asked{}, false
		}
	}
	checkTag(node, &f.faults)
	text, ok := node.Value.(string)
	if !ok {
		f.faults.Add(diag.Errorf(node.Pos, "bad-layer", "a layer is named by its directory").WithHint("write base, or {path: base}"))
		return asked{}, false
	}
	dir, ok := f.clean(text, node.Pos)
	return asked{dir, entry.Revision}, ok
}

// clean refuses paths that leave the config repo, and the root itself.
func (f *flattener) clean(text string, pos diag.Pos) (placed, bool) {
	clean := path.Clean(text)
	bad := text == "" || clean == "." || path.IsAbs(text) || strings.Contains(text, `\`) ||
		slices.Contains(strings.Split(text, "/"), "..")
	if bad || clean == environmentsDir || clean == policiesDir {
		f.faults.Add(diag.Errorf(pos, "bad-layer", "%q can't be a layer", text).
			WithHint("name a directory below the one of sluice.yaml, with slashes and without .."))
		return placed{}, false
	}
	return placed{clean, pos}, true
}

func (f *flattener) exists(dir placed) bool {
	entry, fault := f.fsys.lookup(dir.text, dir.pos)
	if fault != nil {
		f.faults.Add(fault.WithAlso(dir.pos, "asked for at"))
		return false
	}
	if entry == nil || !entry.IsDir() {
		f.faults.Add(diag.Errorf(dir.pos, "missing-layer", "there is no directory %q", dir.text).
			WithHint("%s", diag.DidYouMean(dir.text, f.siblings(dir.text), "create it, or correct the path")))
	}
	return entry != nil && entry.IsDir()
}

// cycle reports the whole chain, each step with its place.
func (f *flattener) cycle(chain []placed, pos diag.Pos, dir string) {
	text := ""
	for _, step := range chain {
		text += step.text + " → "
	}
	fault := diag.Errorf(pos, "extends-cycle", "%s extends itself: %s", dir, text+dir).WithHint("remove one of these extends")
	for _, step := range chain[1:] {
		fault = fault.WithAlso(step.pos, fmt.Sprintf("%s is named at", step.text))
	}
	f.faults.Add(fault)
}

// checkNested refuses a layer inside another one: its fragments would be read twice.
func checkNested(layers []Layer) diag.List {
	var faults diag.List
	byPath := make(map[string]Layer, len(layers))
	for _, layer := range layers {
		byPath[layer.Path] = layer
	}
	for _, inner := range layers {
		for dir := path.Dir(inner.Path); dir != "."; dir = path.Dir(dir) {
			if outer, found := byPath[dir]; found {
				faults.Add(diag.Errorf(inner.Pos, "nested-layer", "%q is read twice: it lies inside the layer %q", inner.Path, outer.Path).
					WithHint("name the inner directories one by one").WithAlso(outer.Pos, "the outer layer is named at"))
			}
		}
	}
	return faults
}
