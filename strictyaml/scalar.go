package strictyaml

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/diag"
)

const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func plain(n *yaml.Node) bool { return n.Style&quoted == 0 }

func (c *converter) scalar(n *yaml.Node) *Node {
	node := &Node{Kind: Scalar, Tag: c.tag(n, "!!str"), Pos: c.pos(n), Text: n.Value}
	text := !plain(n) || (n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str")
	if text {
		node.Value = n.Value
		return node
	}
	node.Value = c.plainValue(n)
	return node
}

// plainValue reads a scalar without quotes as YAML 1.2 does: yes, on and dates are text.
func (c *converter) plainValue(n *yaml.Node) any {
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if !strings.ContainsRune("+-.0123456789", rune(n.Value[0])) {
		return n.Value
	}
	return c.number(n)
}

var (
	decimal     = regexp.MustCompile(`^[-+]?[0-9]+$`)
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	based       = regexp.MustCompile(`^0(o[0-7]+|x[0-9a-fA-F]+)$`)
	fraction    = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	notFinite   = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
	underscored = regexp.MustCompile(`^[-+]?[0-9][0-9_]*_[0-9_]*$`)
)

func (c *converter) number(n *yaml.Node) any {
	switch text := n.Value; {
	case leadingZero.MatchString(text):
		return c.octal(n)
	case decimal.MatchString(text):
		return c.integer(n, text, 10)
	case based.MatchString(text):
		return c.integer(n, text, 0)
	case fraction.MatchString(text):
		return c.fraction(n)
	case notFinite.MatchString(text):
		c.fault(n, "not-finite", "quote it if it is text", "%s is not a finite number", text)
		return ""
	case underscored.MatchString(text):
		c.ambiguous(n, "text, not as a number")
	}
	return n.Value
}

func (c *converter) ambiguous(n *yaml.Node, reads string) {
	c.faults.Add(diag.Warningf(c.pos(n), "ambiguous-number", "%s reads as %s", n.Value, reads).
		WithHint("quote it if it is text; write the number plainly if it is a number"))
}

// octal reads 0755 as older YAML does, and says so: half the readers of the world take it for 755.
func (c *converter) octal(n *yaml.Node) any {
	value, err := strconv.ParseInt(n.Value, 8, 64)
	if err != nil {
		value, err = strconv.ParseInt(n.Value, 10, 64)
	}
	if err != nil {
		return c.tooLarge(n)
	}
	c.ambiguous(n, strconv.FormatInt(value, 10))
	return value
}

func (c *converter) integer(n *yaml.Node, text string, base int) any {
	value, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		return c.tooLarge(n)
	}
	return value
}

func (c *converter) tooLarge(n *yaml.Node) any {
	c.fault(n, "number-too-large", "quote it if it is text", "the number does not fit in 64 bits")
	return ""
}

// fraction makes 1.0 and 1e3 integers: a gateway can't tell them apart, so no comparison may.
func (c *converter) fraction(n *yaml.Node) any {
	value, err := strconv.ParseFloat(n.Value, 64)
	if err != nil {
		return c.tooLarge(n)
	}
	if value == math.Trunc(value) && math.Abs(value) < 1<<53 {
		return int64(value)
	}
	return value
}
