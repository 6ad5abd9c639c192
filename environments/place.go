package environments

import (
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// place is where a value stands, or the deepest of what holds it where it is not written.
type place struct {
	node   *strictyaml.Node
	pos    diag.Pos
	faults *diag.List
}

// key goes into a map.
func (p place) key(name string) place {
	if p.node == nil {
		return p
	}
	for _, field := range p.node.Fields {
		if field.Key != name {
			continue
		}
		p.node, p.pos = field.Value, field.Pos
		if p.node.Kind == strictyaml.Scalar {
			p.pos = p.node.Pos
		}
		return p
	}
	p.node = nil
	return p
}

// item goes into a list.
func (p place) item(i int) place {
	if p.node == nil || i >= len(p.node.Items) {
		p.node = nil
		return p
	}
	p.node = p.node.Items[i]
	p.pos = p.node.Pos
	return p
}

// wrong adds a fault about a value that means nothing.
func (p place) wrong(hint, format string, args ...any) {
	p.faults.Add(diag.Errorf(p.pos, "wrong-value", format, args...).WithHint("%s", hint))
}

// needs adds a fault where what is called what lacks a key. A value that stands there and could not be read was told already.
func (p place) needs(key, what, hint string) {
	n := p.key(key).node
	if n == nil || n.IsNull() || n.Value == "" || n.Kind == strictyaml.List && len(n.Items) == 0 {
		p.faults.Add(diag.Errorf(p.pos, "rollout-incomplete", "%s needs %s", what, key).WithHint("%s", hint))
	}
}

// word checks a word that may be left out; the first choice is the default.
func (p place) word(text string, choices ...string) {
	if text == "" || slices.Contains(choices, text) {
		return
	}
	p.wrong(diag.DidYouMean(text, choices, choices[0]+" is the default"), "%q can't stand here: want %s", text, either(choices))
}

// positive refuses a duration of nothing that is written: left out it means the preset.
func (p place) positive(preset string) {
	if p.node == nil {
		return
	}
	text, _ := p.node.Value.(string)
	if duration, err := time.ParseDuration(text); err == nil && duration == 0 {
		p.wrong("write a duration above 0; the default is "+preset, "%q is no time at all", text)
	}
}

func either(choices []string) string {
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
