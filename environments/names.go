package environments

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// placed is a text and the place where it stands.
type placed struct {
	text string
	pos  diag.Pos
}

// checkTag refuses tags where nothing is merged.
func checkTag(n *strictyaml.Node, faults *diag.List) {
	if n.Tag != "" {
		faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "the tag %s has no meaning here", n.Tag).
			WithHint("remove it: only vars and fragments are merged"))
	}
}

// scalars reads a list of texts.
func scalars(n *strictyaml.Node, key string, faults *diag.List) []placed {
	if n == nil || n.IsNull() {
		return nil
	}
	checkTag(n, faults)
	if n.Kind != strictyaml.List {
		faults.Add(diag.Errorf(n.Pos, "wrong-type", "%s must be a list", key).WithHint("write %s: [name]", key))
		return nil
	}
	var texts []placed
	for _, item := range n.Items {
		checkTag(item, faults)
		text, ok := item.Value.(string)
		if !ok {
			faults.Add(diag.Errorf(item.Pos, "wrong-type", "%s must be a list of texts", key).WithHint("quote a number to make it text"))
			continue
		}
		texts = append(texts, placed{text, item.Pos})
	}
	return texts
}

func texts(all []placed) []string {
	var texts []string
	for _, item := range all {
		texts = append(texts, item.text)
	}
	return texts
}

// waves reads the gateway groups: a name is a wave of its own, a list is one wave.
func waves(n *strictyaml.Node, faults *diag.List) [][]placed {
	if n == nil || n.IsNull() {
		return nil
	}
	checkTag(n, faults)
	if n.Kind != strictyaml.List {
		faults.Add(diag.Errorf(n.Pos, "wrong-type", "groups must be a list").WithHint("write groups: [prod-eu]"))
		return nil
	}
	var waves [][]placed
	for _, item := range n.Items {
		wave := item
		if item.Kind != strictyaml.List {
			wave = &strictyaml.Node{Kind: strictyaml.List, Pos: item.Pos, Items: []*strictyaml.Node{item}}
		}
		groups := scalars(wave, "groups", faults)
		for _, group := range groups {
			faults.Add(checkName(group.pos, "a gateway group", group.text)...)
		}
		if len(groups) > 0 {
			waves = append(waves, groups)
		}
	}
	return waves
}
