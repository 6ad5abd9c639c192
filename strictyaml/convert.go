package strictyaml

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/diag"
)

const (
	maxDepth = 100
	// maxAliased bounds the nodes that aliases bring in: a few lines of aliases can stand for billions.
	maxAliased = 10_000
	// maxKey bounds a key, in bytes. Keys are compared, joined to paths and repeated in faults.
	maxKey = 4096
	// maxFaults is how many faults of one file are told.
	maxFaults = 1000
)

// converter turns the library's nodes into ours and collects faults on the way.
type converter struct {
	at      diag.Pos // the file; places in it differ by line and column
	faults  diag.List
	open    map[*yaml.Node]bool // anchors that are being expanded
	outer   *yaml.Node          // the outermost alias that is being expanded
	aliases int                 // how many aliases we are inside of
	aliased int                 // nodes converted inside aliases
}

func (c *converter) pos(n *yaml.Node) diag.Pos {
	pos := c.at
	pos.Line, pos.Col = n.Line, n.Column
	return pos
}

func (c *converter) fault(n *yaml.Node, code, hint, format string, args ...any) {
	c.faults.Add(diag.Errorf(c.pos(n), code, format, args...).WithHint("%s", hint))
}

// null stands for what could not be converted: a fault was reported for it. It is no null of the file, which callers would
// report once more.
func (c *converter) null(n *yaml.Node) *Node {
	return &Node{Kind: Scalar, Pos: c.pos(n), Value: ""}
}

func (c *converter) convert(n *yaml.Node, depth int) *Node {
	if depth > maxDepth {
		c.fault(n, "too-deep", "flatten it", "more than %d levels of nesting", maxDepth)
		return c.null(n)
	}
	if c.aliases > 0 && c.overBudget() {
		return c.null(n)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.alias(n, depth)
	case yaml.MappingNode:
		return &Node{Kind: Map, Tag: c.tag(n, "!!map"), Pos: c.pos(n), Fields: c.fields(n, depth)}
	case yaml.SequenceNode:
		return c.list(n, depth)
	}
	return c.scalar(n)
}

// overBudget counts a node that an alias brings in, and reports once when there are too many.
func (c *converter) overBudget() bool {
	c.aliased++
	if c.aliased == maxAliased+1 {
		c.fault(c.outer, "alias-bomb", "write the values out, or use variables", "aliases bring in more than %d values", maxAliased)
	}
	return c.aliased > maxAliased
}

func (c *converter) list(n *yaml.Node, depth int) *Node {
	items := make([]*Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = c.convert(item, depth+1)
	}
	return &Node{Kind: List, Tag: c.tag(n, "!!seq"), Pos: c.pos(n), Items: items}
}

func (c *converter) alias(n *yaml.Node, depth int) *Node {
	if c.open[n.Alias] {
		c.fault(n, "alias-cycle", "write the value out", "the anchor %q holds an alias of itself", "&"+n.Value)
		return c.null(n)
	}
	if c.aliases == 0 {
		c.outer = n
	}
	c.open[n.Alias] = true
	c.aliases++
	node := c.convert(n.Alias, depth+1)
	c.aliases--
	delete(c.open, n.Alias)
	return node
}

// unknownTag names the tag only where it looks like one that there is: a password without quotes may begin like a tag.
func (c *converter) unknownTag(n *yaml.Node) {
	known := []string{Reset, Override, Append}
	hint := diag.DidYouMean(n.Tag, known, "the tags are "+strings.Join(known, ", ")+"; quote the text if the ! is part of it")
	if diag.Suggest(n.Tag, known) == "" {
		c.fault(n, "unknown-tag", hint, "unknown tag")
		return
	}
	c.fault(n, "unknown-tag", hint, "unknown tag %q", n.Tag)
}

// tag returns the tag that a file may use, and faults every other one. Standard is the tag that the kind has anyhow.
func (c *converter) tag(n *yaml.Node, standard string) string {
	if n.Style&yaml.TaggedStyle == 0 || n.Tag == standard {
		return ""
	}
	switch n.Tag {
	case Reset, Override, Append:
		return n.Tag
	}
	c.unknownTag(n)
	return ""
}
