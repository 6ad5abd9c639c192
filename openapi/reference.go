package openapi

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// maxHops bounds references to references.
const maxHops = 16

// resolve follows the references of a node inside the document. The fault is nil when the node was found.
func (r *reader) resolve(n *strictyaml.Node) (*strictyaml.Node, *diag.Diagnostic) {
	start := n
	for range maxHops {
		ref := n.Get("$ref")
		if ref == nil {
			return n, nil
		}
		pointer, internal := strings.CutPrefix(text(ref), "#")
		if !internal {
			return nil, badReference(ref, "bundle the document into one file first; nothing outside of it is read",
				"%q leads out of the document", line(text(ref)))
		}
		next := r.pointer(pointer)
		if next == nil {
			return nil, badReference(ref, "correct the reference", "%q leads to nothing", line(text(ref)))
		}
		n = next
	}
	return nil, badReference(start, "let it lead to something that is no reference", "the reference leads through more than %d others, or in a circle", maxHops)
}

func badReference(n *strictyaml.Node, hint, format string, args ...any) *diag.Diagnostic {
	fault := diag.Errorf(n.Pos, "openapi-reference", format, args...).WithHint("%s", hint)
	return &fault
}

// pointer returns what a JSON pointer leads to, nil when that is nothing.
func (r *reader) pointer(pointer string) *strictyaml.Node {
	if n, known := r.pointers[pointer]; known {
		return n
	}
	n := r.root
	for i, step := range strings.Split(pointer, "/") {
		if i > 0 && n != nil {
			n = r.step(n, step)
		}
	}
	r.pointers[pointer] = n
	return n
}

func (r *reader) step(n *strictyaml.Node, step string) *strictyaml.Node {
	if plain, err := url.PathUnescape(step); err == nil {
		step = plain
	}
	step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	if n.Kind == strictyaml.List {
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(n.Items) {
			return nil
		}
		return n.Items[i]
	}
	if r.index[n] == nil {
		r.index[n] = map[string]*strictyaml.Node{}
		for _, field := range n.Fields {
			r.index[n][field.Key] = field.Value
		}
	}
	return r.index[n][step]
}
