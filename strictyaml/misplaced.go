package strictyaml

import (
	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/diag"
)

// untag refuses a tag before the whole document: nothing that a file is laid over could be meant.
func (c *converter) untag(root *Node) {
	if root.Tag == "" {
		return
	}
	c.misplaced(root, "stands before the whole document")
	root.Tag = ""
}

// untagMerge refuses a tag on a map that << brings in. One at the anchor of an alias speaks of the value that stands there.
func (c *converter) untagMerge(value *yaml.Node, node *Node) {
	if node.Tag != "" && value.Kind != yaml.AliasNode {
		c.misplaced(node, "has no meaning after <<")
	}
}

func (c *converter) misplaced(n *Node, why string) {
	c.faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "the tag %s %s", n.Tag, why).
		WithHint("write it before the one value that it is for: r: %s", n.Tag))
}
