package render

import (
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// compiler makes nodes of what a file holds and collects the faults that need no other file.
type compiler struct {
	faults diag.List
	values int // compiled so far
}

// compile makes a node. Pos is the place of the value's key: of a map or list it says more than its first entry.
func (c *compiler) compile(n *strictyaml.Node, pos diag.Pos) *node {
	c.values++
	made := &node{kind: n.Kind, tag: n.Tag, origin: &gateway.Origin{Pos: pos}}
	if n.Tag == strictyaml.Reset {
		made.kind, made.value = strictyaml.Scalar, ""
		return made.settle()
	}
	switch n.Kind {
	case strictyaml.Map:
		made.fields = c.fields(n)
	case strictyaml.List:
		made.items = c.items(n)
	default:
		made.origin.Pos = n.Pos
		if n.Sealed == "" {
			made.origin.Text = n.Text
		}
		made.value = c.scalar(n)
	}
	if _, open := made.value.(template); n.Tag == strictyaml.Append && n.Kind != strictyaml.List && !open {
		c.faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "!append adds to a list, and this is %s", n.Kind).
			WithHint("remove the tag: maps merge by themselves"))
	}
	return made.settle()
}

func (c *compiler) fields(n *strictyaml.Node) []field {
	fields := make([]field, len(n.Fields))
	for i, f := range n.Fields {
		fields[i] = field{key: f.Key, pos: f.Pos, value: c.compile(f.Value, f.Pos)}
		if strings.Contains(f.Key, "${") {
			fields[i].key, fields[i].template = c.key(f)
		}
	}
	return fields
}

func (c *compiler) key(f strictyaml.Field) (string, template) {
	parts := c.template(f.Key, f.Pos)
	if parts.atRuntime() {
		c.faults.Add(diag.Errorf(f.Pos, "secret-in-key", "a run-time value can't be part of a key").
			WithHint("of an upstream, write nodes as a list: [{host: …, port: 80, weight: 1}]"))
		return f.Key, nil
	}
	if text, plain := parts.literalText(); plain {
		return text, nil
	}
	return f.Key, parts
}

func (c *compiler) items(n *strictyaml.Node) []*node {
	items := make([]*node, len(n.Items))
	for i, item := range n.Items {
		if item.Tag != "" {
			c.faults.Add(diag.Errorf(item.Pos, "misplaced-tag", "%s can't stand in a list: its items are not merged", item.Tag).
				WithHint("put the tag before the whole list"))
		}
		items[i] = c.compile(item, item.Pos)
	}
	return items
}

func (c *compiler) scalar(n *strictyaml.Node) any {
	text, isText := n.Value.(string)
	switch {
	case n.Sealed != "":
		return c.sealed(n)
	case n.Value == nil:
		c.faults.Add(diag.Errorf(n.Pos, "null-value", "a value is missing").
			WithHint("write !reset to remove what is inherited, or leave the key out"))
		return ""
	case !isText || !strings.Contains(text, "${"):
		return n.Value
	}
	parts := c.template(text, n.Pos)
	if plain, ok := parts.literalText(); ok {
		return plain
	}
	return parts
}

func (c *compiler) template(text string, pos diag.Pos) template {
	parts, bad := parseTemplate(text)
	if bad != "" {
		c.faults.Add(diag.Errorf(pos, "unknown-reference", "%q is not a reference", shownReference(bad)).
			WithHint("write ${vars.name}, ${environment}, ${group}, ${env(NAME)} or ${secret(name)}; $${ stands for ${ itself"))
	}
	return parts
}

func firstRunes(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i] + "…"
		}
	}
	return text
}
