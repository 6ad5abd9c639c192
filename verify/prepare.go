package verify

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// preparation makes the checks of a wave, and finds what is wrong with them.
type preparation struct {
	*Verifier
	wave    Wave
	offline bool // whether the daemon's file is left out of it

	renderer *render.Renderer
	texts    map[string]*render.Texts
	faults   diag.List
}

// rules returns what the environment asks for; nil: nothing.
func (w Wave) rules() *environments.Verify {
	if w.Environment.Rollout == nil {
		return nil
	}
	return w.Environment.Rollout.Verify
}

// prepare makes the checks of a wave. With a fault they are not to be used.
func (v *Verifier) prepare(w Wave) ([]*check, diag.List) {
	p := v.preparation(w, false)
	checks := p.checks(w.rules())
	return checks, p.faults.Sorted()
}

// faults finds what is wrong with the checks of a wave, and with those of its canaries.
func (v *Verifier) faults(w Wave, offline bool) diag.List {
	if w.Environment.Rollout == nil {
		return nil
	}
	p := v.preparation(w, offline)
	if rules := w.rules(); rules != nil {
		p.checks(rules)
	}
	for _, canary := range w.Environment.Rollout.Canary {
		for _, metric := range canary.Metrics {
			p.metric(metric)
		}
	}
	return p.faults.Sorted()
}

func (v *Verifier) preparation(w Wave, offline bool) *preparation {
	p := &preparation{Verifier: v, wave: w, offline: offline, renderer: w.Renderer, texts: map[string]*render.Texts{}}
	if p.renderer == nil {
		p.renderer = render.New() // kept no longer than this: it would hold what no commit needs any more
		p.renderer.Keys = v.config.Keys
	}
	return p
}

func (p *preparation) checks(rules *environments.Verify) []*check {
	var checks []*check
	if rules.Health {
		checks = p.health(rules.Pos)
	}
	for _, probe := range rules.Probes {
		checks = append(checks, p.probe(probe)...)
	}
	for _, metric := range rules.Metrics {
		checks = append(checks, p.metric(metric)...)
	}
	return checks
}

func (p *preparation) fault(pos diag.Pos, code, hint, format string, args ...any) {
	p.faults.Add(diag.Errorf(pos, code, format, args...).WithHint("%s", hint))
}

// expand puts the variables of a group into a text; false: a fault says why it can't.
func (p *preparation) expand(text, group string, pos diag.Pos) (any, bool) {
	if !strings.Contains(text, "${") {
		return text, true
	}
	texts, found := p.texts[group]
	if !found {
		texts = p.read(group)
		p.texts[group] = texts
	}
	if texts == nil {
		return nil, false
	}
	value, faults := texts.Expand(text, pos)
	p.faults.Add(faults...)
	return value, !faults.HasErrors()
}

// read reads the variables of a group; nil when they can't be read.
func (p *preparation) read(group string) *render.Texts {
	texts, faults := p.renderer.Texts(p.wave.FS, p.wave.Tree, p.wave.Environment, group, p.config.Values)
	faults = slices.DeleteFunc(faults, func(d diag.Diagnostic) bool { return d.Severity == diag.Warning })
	p.faults.Add(faults...)
	return texts
}
