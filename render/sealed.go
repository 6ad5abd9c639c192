package render

import (
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// opened is a value that was encrypted in its file. Its place decides whether it is a secret.
type opened struct {
	text, ref string
}

// sealed makes a run-time text of a value that was encrypted. References in it mean what they mean in clear.
func (c *compiler) sealed(n *strictyaml.Node) any {
	whole := part{kind: sealedText, sealed: n.Sealed, value: n.Value, text: n.Text}
	text, isText := n.Value.(string)
	if truth, ok := n.Value.(bool); ok {
		whole.text = strconv.FormatBool(truth) // SOPS writes it as Python does
	}
	if !isText || !strings.Contains(text, "${") {
		return runtime{whole}
	}
	parts, bad := parseTemplate(text)
	if bad != "" {
		c.faults.Add(diag.Errorf(n.Pos, "unknown-reference", "an encrypted text holds something that begins as a reference and is none").
			WithHint("write ${vars.name}, ${environment}, ${group}, ${env(NAME)} or ${secret(name)}; $${ stands for ${ itself"))
		return runtime{whole}
	}
	for i, p := range parts {
		parts[i].sealed = n.Sealed
		if p.kind == literal {
			parts[i].kind, parts[i].value = sealedText, p.text
		}
	}
	if len(parts) == 1 && parts[0].kind == sealedText {
		return runtime(parts)
	}
	return parts
}

// called reports whether the daemon is asked for a part of the text.
func (r runtime) called() bool { return template(r).atRuntime() }

// locked reports whether a part of the text could not be decrypted.
func (r runtime) locked() bool {
	for _, p := range r {
		if p.kind == sealedText && p.value == nil {
			return true
		}
	}
	return false
}

// opened returns the value of a text that the daemon need not be asked for. Numbers and booleans are configuration wherever they
// stand: no gateway takes one for a secret.
func (r runtime) opened() any {
	if r.locked() {
		return gateway.UnknownValue(r.ref())
	}
	if len(r) == 1 && r[0].kind == sealedText {
		if _, isText := r[0].value.(string); !isText {
			return r[0].value
		}
	}
	return opened{text: joined(r), ref: r.ref()}
}

// address returns the text for a key of nodes, which holds no secret. What is locked is stood for by its name.
func (r runtime) address() (string, bool) { return joined(r), !r.called() }

func (r runtime) size() int {
	size := 2
	for _, p := range r {
		size += len(p.text)
	}
	return size
}
