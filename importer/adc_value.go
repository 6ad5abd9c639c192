package importer

import (
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// value reads a value of an ADC file in canonical form.
func (r *adcReader) value(n *strictyaml.Node) any {
	if n.Tag != "" {
		r.faults.Add(diag.Errorf(n.Pos, "misplaced-tag", "the tag %s has no meaning here", n.Tag).WithHint("remove it"))
	}
	switch n.Kind {
	case strictyaml.Map:
		out := make(map[string]any, len(n.Fields))
		for _, field := range n.Fields {
			out[field.Key] = r.value(field.Value)
		}
		return out
	case strictyaml.List:
		out := make([]any, len(n.Items))
		for i, item := range n.Items {
			out[i] = r.value(item)
		}
		return out
	}
	if n.Value == nil {
		r.faults.Add(diag.Errorf(n.Pos, "null-value", "a value is missing").WithHint("write the value, or leave the key out"))
		return ""
	}
	if text, ok := n.Value.(string); ok {
		if strings.Contains(text, "$${") {
			r.notImportedText(n)
		}
		return environmentText(text)
	}
	return n.Value
}

// notImportedText refuses a dollar before a variable: to us the two together are a plain text.
func (r *adcReader) notImportedText(n *strictyaml.Node) {
	r.faults.Add(diag.Errorf(n.Pos, "not-imported", "a dollar stands right before a variable").
		WithHint("put both into the variable, or part them"))
}

// adcVariable is ${VAR}, with the backslash that would make it a plain text.
var adcVariable = regexp.MustCompile(`\\?\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// environmentText puts our references in the place of ADC's. A text without any stays a text.
func environmentText(text string) any {
	var ref, clear strings.Builder
	found, rest := false, 0
	for _, m := range adcVariable.FindAllStringSubmatchIndex(text, -1) {
		before, whole, name := text[rest:m[0]], text[m[0]:m[1]], text[m[2]:m[3]]
		ref.WriteString(escaped(before))
		clear.WriteString(before)
		if literal, ok := strings.CutPrefix(whole, `\`); ok {
			ref.WriteString(escaped(literal))
			clear.WriteString(literal)
		} else {
			ref.WriteString("${env(" + name + ")}")
			found = true
		}
		rest = m[1]
	}
	if !found {
		return clear.String() + text[rest:]
	}
	return gateway.UnresolvedSecret(ref.String() + escaped(text[rest:]))
}
