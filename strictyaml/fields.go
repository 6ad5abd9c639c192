package strictyaml

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

const mergeKey = "!!merge"

// fields converts the entries of a map. Keys that a merge (<<) brings in come last and yield to the map's own.
func (c *converter) fields(n *yaml.Node, depth int) []Field {
	own := make([]Field, 0, len(n.Content)/2)
	var merged []Field
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == mergeKey {
			merged = append(merged, c.merge(value, depth)...)
			continue
		}
		name, ok := c.key(key)
		if !ok {
			continue
		}
		if first, twice := seen[name]; twice {
			c.duplicate(key, name, own[first])
			continue
		}
		seen[name] = len(own)
		own = append(own, Field{Key: name, Pos: c.pos(key), Value: c.convert(value, depth+1)})
	}
	return withMerged(own, merged, seen)
}

// withMerged adds the merged entries that nothing before them has set.
func withMerged(own, merged []Field, seen map[string]int) []Field {
	for _, field := range merged {
		if _, set := seen[field.Key]; !set {
			seen[field.Key] = len(own)
			own = append(own, field)
		}
	}
	return own
}

func (c *converter) duplicate(key *yaml.Node, name string, first Field) {
	c.fault(key, "duplicate-key", "keep one of the two", "the key %q stands twice in one map", name)
	last := len(c.faults) - 1
	c.faults[last] = c.faults[last].WithAlso(first.Pos, "first set at")
}

// key returns the text of a key. Numbers are names as they are written: ids and plugin settings often are numbers.
func (c *converter) key(n *yaml.Node) (string, bool) {
	at := n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		c.fault(n, "non-string-key", "write the key as one word or in quotes", "a key must be text, not a map or a list")
		return "", false
	}
	if len(n.Value) > maxKey {
		c.fault(at, "over-limit", "what is that long is a value", "a key of %d bytes, more than %d", len(n.Value), maxKey)
		return "", false
	}
	if tag := c.tag(n, "!!str"); tag != "" {
		c.fault(at, "misplaced-tag", fmt.Sprintf("write the tag before the value: %s: %s", n.Value, tag), "%s stands before the key %q", tag, n.Value)
	}
	if plain(n) && n.Style&yaml.TaggedStyle == 0 && slices.Contains([]string{"!!bool", "!!null"}, n.Tag) {
		c.fault(n, "non-string-key", `quote it: "`+n.Value+`"`, "the key %q reads as a truth value or null, not as text", n.Value)
		return "", false
	}
	return n.Value, true
}

// merge returns the entries that << brings in: of one map or, the first one winning, of several.
func (c *converter) merge(value *yaml.Node, depth int) []Field {
	node := c.convert(value, depth+1)
	c.untagMerge(value, node)
	switch node.Kind {
	case Map:
		return node.Fields
	case List:
		var fields []Field
		for i, item := range node.Items {
			if item.Kind != Map {
				c.badMerge(value)
			}
			if value.Kind == yaml.SequenceNode {
				c.untagMerge(value.Content[i], item)
			}
			fields = append(fields, item.Fields...)
		}
		return fields
	}
	c.badMerge(value)
	return nil
}

func (c *converter) badMerge(n *yaml.Node) {
	c.fault(n, "bad-merge-key", "write <<: *name", "<< takes an alias of a map, or a list of such")
}
