package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// tree is where the files of a layer are read: the commit that is rendered, or the one that the layer is pinned to.
type tree struct {
	fsys     fs.FS
	revision string // of a pin, else empty
}

// treeOf returns where a layer is read when the commit that is rendered is in fsys.
func treeOf(l environments.Layer, fsys fs.FS) tree {
	if l.Revision == "" {
		return tree{fsys: fsys}
	}
	return tree{l.FS, l.Revision}
}

// key names a path with its content. What is read at a pin has a key of its own, since its places say so. It reports false
// when the hash is not known.
func (t tree) key(name string) (string, bool) {
	hash, ok := hashOf(t.fsys, name)
	return t.keyOf(name, hash), ok
}

func (t tree) keyOf(name, hash string) string { return name + "@" + hash + "@" + t.revision }

func (t tree) unreadable(file string, err error) *fragment {
	fault := environments.Unreadable(diag.Pos{File: file, Revision: t.revision}, err)
	return &fragment{unreadable: true, faults: diag.List{fault}}
}

// fingerprint names all content that a group is made of; it reports false when some hash is not known.
func fingerprint(fsys fs.FS, env environments.Environment, group string, layers []environments.Layer) (string, bool) {
	head := tree{fsys: fsys}
	sum := sha256.New()
	add := func(t tree, file string) bool {
		key, ok := t.key(file)
		fmt.Fprintf(sum, "%q\n", key)
		return ok
	}
	if !add(head, "sluice.yaml") || !add(head, path.Join("environments", env.Name)) {
		return "", false
	}
	for _, l := range layers {
		if !add(treeOf(l, fsys), l.Path) {
			return "", false
		}
		// The variables of a pinned environment are those of the commit that is rendered, and so is what it inherits.
		if l.Revision != "" && l.Vars != nil && !add(head, l.Path) {
			return "", false
		}
	}
	// A repo need not have schemas; that there are none is part of the content.
	add(head, SchemasDir)
	return env.Name + "/" + group + "@" + hex.EncodeToString(sum.Sum(nil)), true
}
