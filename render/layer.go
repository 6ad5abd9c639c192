package render

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// layer is a directory of fragments, read and indexed. It is read-only once made.
type layer struct {
	pieces map[gateway.Key]*piece
	vars   *node // nil when there are none
	faults diag.List
	size   size
	files  []string // the fragments, as the cache names them
}

// layer returns the layer of a directory, from the cache when its hash is known.
func (r *Renderer) layer(from tree, dir string, pass int) *layer {
	read := func() *layer { return r.readLayer(from, dir, pass) }
	key, ok := from.key(dir)
	if !ok {
		return read()
	}
	l := r.layers.get(key, pass, read)
	r.fragments.touch(pass, l.files...)
	if l.faults.HasErrors() {
		// A fault of reading may pass; one of the content is found again soon enough.
		r.layers.drop(key)
	}
	return l
}

// stillNeeded keeps what a group was made of for as long as the group itself: of a layer in which one file changes, that file alone
// is parsed, however long ago the others were.
func (r *Renderer) stillNeeded(fsys fs.FS, layers []environments.Layer, pass int) {
	for _, l := range layers {
		key, _ := treeOf(l, fsys).key(l.Path)
		for _, read := range r.layers.touch(pass, key) {
			r.fragments.touch(pass, read.files...)
		}
	}
}

func (r *Renderer) readLayer(from tree, dir string, pass int) *layer {
	files, faults := environments.Fragments(from.fsys, dir)
	l := &layer{pieces: map[gateway.Key]*piece{}, faults: faults.At(from.revision), size: size{files: len(files)}}
	for _, file := range files {
		if l.size.exceeds(r.limits) {
			break // whoever asks for the layer says so
		}
		f := r.fragment(from, file, pass)
		if key, ok := from.key(file); ok {
			l.files = append(l.files, key)
		}
		l.size.values += f.values
		l.take(f)
	}
	return l
}

// take adds one fragment and its faults.
func (l *layer) take(f *fragment) {
	l.faults.Add(f.faults...)
	l.add(f)
	if len(l.faults) > 2*mostFaults {
		l.faults = l.faults.AtMost(mostFaults)
	}
}

// add takes in one fragment. Within a layer nothing comes before anything else, so nothing may be said twice.
func (l *layer) add(f *fragment) {
	for _, p := range f.pieces {
		if first, twice := l.pieces[p.key]; twice {
			l.faults.Add(duplicateID(p.key, p.body.origin.Pos, first.body.origin.Pos))
			continue
		}
		l.pieces[p.key] = p
	}
	if f.vars == nil {
		return
	}
	if l.vars == nil {
		l.vars = f.vars
		return
	}
	l.varsTwice(l.vars, f.vars)
	l.wholeTag(l.vars)
	l.wholeTag(f.vars)
	l.vars = sideBySide(l.vars, f.vars)
}

// wholeTag refuses a tag before all vars of a file when the layer has others beside them.
func (l *layer) wholeTag(vars *node) {
	if vars.tag != "" {
		l.faults.Add(diag.Errorf(vars.origin.Pos, "misplaced-tag", "%s stands before the vars of one file of several", vars.tag).
			WithHint("put it before one variable, or keep all vars of the layer in one file"))
	}
}

// sideBySide puts the variables of two files of one layer into one map. Neither overrides the other, so that their tags stay for
// the layers below. What both have are maps without a tag: anything else is a fault already.
func sideBySide(first, second *node) *node {
	made := &node{kind: strictyaml.Map, origin: bareOrigin(first), fields: slices.Clone(first.fields)}
	index := make(map[string]int, len(first.fields))
	for i, f := range first.fields {
		index[f.key] = i
	}
	for _, f := range second.fields {
		i, both := index[f.key]
		if !both {
			made.fields = append(made.fields, f)
		} else if other := made.fields[i].value; other.kind == strictyaml.Map && f.value.kind == strictyaml.Map {
			made.fields[i].value = sideBySide(other, f.value)
		}
	}
	return made.settle()
}

func (l *layer) varsTwice(first, second *node) {
	for _, f := range second.fields {
		other := first.get(f.key)
		switch {
		case other == nil:
		case other.kind == strictyaml.Map && f.value.kind == strictyaml.Map && other.tag == "" && f.value.tag == "":
			l.varsTwice(other, f.value)
		default:
			l.faults.Add(diag.Errorf(f.pos, "duplicate-variable", "the variable %q is set twice in one layer", f.key).
				WithHint("keep one; what differs belongs in a later layer").WithAlso(other.origin.Pos, "first set at"))
		}
	}
}

// fragment returns a parsed file, from the cache when its content is known.
func (r *Renderer) fragment(from tree, file string, pass int) *fragment {
	key, ok := from.key(file)
	if ok {
		f := r.fragments.get(key, pass, func() *fragment { return r.readFragment(from, file) })
		if f.unreadable {
			r.fragments.drop(key)
		}
		return f
	}
	data, err := fs.ReadFile(from.fsys, file)
	if err != nil {
		return from.unreadable(file, err)
	}
	sum := sha256.Sum256(data)
	key = from.keyOf(file, hex.EncodeToString(sum[:]))
	return r.fragments.get(key, pass, func() *fragment { return r.parse(from, file, data) })
}

func (r *Renderer) readFragment(from tree, file string) *fragment {
	data, err := fs.ReadFile(from.fsys, file)
	if err != nil {
		return from.unreadable(file, err)
	}
	return r.parse(from, file, data)
}

func (r *Renderer) parse(from tree, file string, data []byte) *fragment {
	r.parsed.Add(1)
	return parseFragment(from.revision, file, data, r.Keys)
}

// compileVars makes a layer's worth of variables from those of sluice.yaml or of an environment.yaml.
func compileVars(vars *strictyaml.Node) (*node, diag.List) {
	if vars == nil || vars.Kind != strictyaml.Map {
		return nil, nil
	}
	c := compiler{}
	return c.compile(vars, vars.Pos), c.faults
}
