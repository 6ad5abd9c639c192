package verify

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// wording is the texts of a probe or a metric in one gateway group, by what they are: strings, or gateway.Secret.
type wording struct {
	group string // empty when it is the same for the wave as a whole
	texts map[string]any
}

// wordings puts variables into texts for each group of the wave. There is one for all of them when no text names the group, and all
// come to the same. False says that a fault was found.
func (p *preparation) wordings(texts map[string]string, pos diag.Pos) ([]wording, bool) {
	var all []wording
	for _, group := range p.wave.Groups {
		w := wording{group: group, texts: map[string]any{}}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			value, ok := p.expand(texts[name], group, pos)
			if !ok {
				return nil, false
			}
			w.texts[name] = value
		}
		all = append(all, w)
	}
	names := func(text string) bool { return strings.Contains(text, "${group}") }
	own := slices.ContainsFunc(slices.Collect(maps.Values(texts)), names)
	differs := func(w wording) bool { return !maps.EqualFunc(w.texts, all[0].texts, sameText) }
	if own || len(all) == 0 || slices.ContainsFunc(all, differs) {
		return all, true
	}
	return []wording{{texts: all[0].texts}}, true
}

func sameText(a, b any) bool {
	one, secret := a.(gateway.Secret)
	other, both := b.(gateway.Secret)
	if secret || both {
		return secret && both && one.Equal(other)
	}
	return a == b
}

// plain returns a text that is no secret. One that is gets a fault: the text shows up in addresses, logs or messages.
func (p *preparation) plain(w wording, name, of string, pos diag.Pos) string {
	text, isText := w.texts[name].(string)
	if !isText {
		p.fault(pos, "secret-in-probe", "put it into a header or the body, which nobody gets to see",
			"%s: its %s can't hold a run-time value or anything encrypted", of, name)
	}
	return text
}

// secretly returns a text that may be a secret. One that is not known gets a fault: a probe without it would show nothing.
func (p *preparation) secretly(w wording, name, of string, pos diag.Pos) gateway.Secret {
	secret, ok := w.texts[name].(gateway.Secret)
	if !ok {
		text, _ := w.texts[name].(string)
		return gateway.NewSecret("", text)
	}
	if !secret.Resolved() && !p.offline {
		p.fault(pos, "unresolved-value", "check what the daemon's file allows, and which keys it has", "%s: its %s is not known here", of, name)
	}
	return secret
}
