package render

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// fragment is one parsed file.
type fragment struct {
	pieces []*piece
	vars   *node // nil when there are none
	faults diag.List
	// unreadable says that the faults are not of the content, so that it must be read again.
	unreadable bool
	values     int // in the file
}

// piece is what one fragment says about one resource.
type piece struct {
	key  gateway.Key
	body *node
	// nameless says that the id is encrypted and not known here.
	nameless bool

	memory memory
}

// parseFragment reads one file. It keeps nothing of the data.
func parseFragment(revision, file string, data []byte, keys environments.Decrypter) *fragment {
	root, faults := strictyaml.ParseAt(revision, file, data)
	encrypted := root.Get("sops") != nil
	root, more := environments.Unseal(root, data, keys)
	faults.Add(more...)
	f := &fragmentReader{fragment: &fragment{}, first: map[gateway.Key]diag.Pos{}}
	f.compiler.faults = faults
	switch {
	case root == nil:
	case root.Kind != strictyaml.Map:
		f.faults.Add(diag.Errorf(root.Pos, "wrong-type", "a fragment must be a map of kinds, not %s", root.Kind).
			WithHint("write routes: {id: {…}}"))
	default:
		f.sections(root)
	}
	f.fragment.faults, f.fragment.values = f.compiler.faults.AtMost(mostFaults), f.compiler.values
	// What could not be decrypted may be the next time: a key service was out of reach.
	f.fragment.unreadable = encrypted && root == nil
	return f.fragment
}

type fragmentReader struct {
	compiler
	fragment *fragment
	first    map[gateway.Key]diag.Pos
}

// sectionNames are the keys at the top of a fragment.
var sectionNames = func() []string {
	names := []string{"vars"}
	for _, kind := range gateway.Kinds() {
		if kind != gateway.Credentials {
			names = append(names, string(kind))
		}
	}
	return names
}()

func (f *fragmentReader) sections(root *strictyaml.Node) {
	for _, section := range root.Fields {
		switch {
		case section.Key == "vars":
			f.vars(section)
		case section.Key == string(gateway.Credentials):
			f.faults.Add(diag.Errorf(section.Pos, "unknown-key", "credentials stand inside their consumer").
				WithHint("write consumers: {alice: {credentials: {…}}}"))
		case !slices.Contains(sectionNames, section.Key):
			f.faults.Add(diag.Errorf(section.Pos, "unknown-key", "unknown kind %q", section.Key).
				WithHint("%s", diag.DidYouMean(section.Key, sectionNames, "the kinds are "+strings.Join(sectionNames[1:], ", "))))
		default:
			f.section(gateway.Kind(section.Key), section)
		}
	}
}

func (f *fragmentReader) vars(section strictyaml.Field) {
	if section.Value.Kind != strictyaml.Map {
		f.faults.Add(diag.Errorf(section.Pos, "wrong-type", "vars must be a map").WithHint("write vars: {name: value}"))
		return
	}
	f.fragment.vars = f.compile(section.Value, section.Pos)
}

// section reads the resources of one kind: a map from id to body, or a list of bodies.
func (f *fragmentReader) section(kind gateway.Kind, section strictyaml.Field) {
	if !f.untagged(section.Value) {
		return
	}
	switch section.Value.Kind {
	case strictyaml.Map:
		for _, entry := range section.Value.Fields {
			f.entry(kind, entry)
		}
	case strictyaml.List:
		for _, item := range section.Value.Items {
			f.item(kind, item)
		}
	default:
		f.faults.Add(diag.Errorf(section.Pos, "wrong-type", "%s must be a map of ids or a list", kind).
			WithHint("write %s: {id: {…}}, or leave the key out", kind))
	}
}

// untagged refuses a tag where resources are named and nothing is merged.
func (f *fragmentReader) untagged(n *strictyaml.Node) bool {
	if n.Tag != "" {
		f.faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "%s can't stand before a whole kind", n.Tag).
			WithHint("put it before the body of one resource"))
	}
	return n.Tag == ""
}

// entry reads one entry of a map. Secrets may stand below their manager.
func (f *fragmentReader) entry(kind gateway.Kind, entry strictyaml.Field) {
	nested := kind == gateway.Secrets && slices.Contains(secretManagers, entry.Key) && entry.Value.Kind == strictyaml.Map
	if !nested {
		f.resource(kind, entry.Key, entry.Pos, entry.Value)
		return
	}
	f.untagged(entry.Value)
	for _, below := range entry.Value.Fields {
		f.resource(kind, entry.Key+"/"+below.Key, below.Pos, below.Value)
	}
}

// item reads one body of a list, which names itself.
func (f *fragmentReader) item(kind gateway.Kind, item *strictyaml.Node) {
	id, pos := itemID(kind, item)
	if id == "" {
		f.faults.Add(diag.Errorf(item.Pos, "missing-id", "a resource in a list needs its %s", idField(kind)).
			WithHint("write - %s: name", idField(kind)))
		return
	}
	f.resource(kind, id, pos, item)
	if last := len(f.fragment.pieces) - 1; last >= 0 && item.Get(idField(kind)).Locked() {
		f.fragment.pieces[last].nameless = true
	}
}

func idField(kind gateway.Kind) string {
	if kind == gateway.Consumers {
		return "username"
	}
	return "id"
}

func itemID(kind gateway.Kind, item *strictyaml.Node) (string, diag.Pos) {
	id := item.Get(idField(kind))
	if id == nil || id.Kind != strictyaml.Scalar {
		return "", diag.Pos{}
	}
	return id.Text, id.Pos
}

func (f *fragmentReader) resource(kind gateway.Kind, id string, pos diag.Pos, body *strictyaml.Node) {
	key := gateway.Key{Kind: kind, ID: id}
	f.faults.Add(checkID(key, pos)...)
	if first, twice := f.first[key]; twice {
		f.faults.Add(duplicateID(key, pos, first))
		return
	}
	f.first[key] = pos
	if body.Tag != strictyaml.Reset && body.Kind != strictyaml.Map {
		f.faults.Add(diag.Errorf(body.Pos, "wrong-type", "the body of %s must be a map", key).
			WithHint("write the fields of the resource below its id, or !reset to remove it"))
		return
	}
	f.fragment.pieces = append(f.fragment.pieces, &piece{key: key, body: f.body(key, pos, body).slim()})
}

func duplicateID(key gateway.Key, pos, first diag.Pos) diag.Diagnostic {
	return diag.Errorf(pos, "duplicate-id", "%s is defined twice in one layer", key).
		WithHint("keep one; what differs belongs in a later layer").WithAlso(first, "first defined at")
}
