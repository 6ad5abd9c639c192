package render

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Values resolves what only the daemon knows. Implementations allow only the names that the daemon's file allows, and never
// put a value into an error. With ErrWithheld a name may be used, and its value stays unresolved.
type Values interface {
	// Env returns an environment variable of the daemon. An error that is fs.ErrNotExist means that it is not set, and lets
	// the default of ${env(NAME, 'default')} stand in.
	Env(name string) (string, error)
	// Secret returns the secret of that name. An error with a method Temporary that reports true means that the place of the secret
	// is out of reach, and that the same call may succeed later.
	Secret(name string) (string, error)
}

// ErrWithheld says that a run-time value may be named, and that whoever renders does not get it.
var ErrWithheld = errors.New("withheld")

// finisher turns merged values into canonical ones, and puts in the run-time values.
type finisher struct {
	values  Values // nil when nothing can be resolved here
	runtime bool   // whether a run-time value was asked for
	faults  diag.List
}

// finish returns the canonical value of n and its origin.
func (f *finisher) finish(n *node) (any, *gateway.Origin) {
	if n.done {
		return n.value, n.origin
	}
	switch value := n.value.(type) {
	case runtime:
		return f.resolve(value, n.origin), &gateway.Origin{Pos: n.origin.Pos, Was: n.origin.Was}
	case broken:
		f.faults.Add(diag.Diagnostic(value))
		return "", n.origin
	}
	origin := bareOrigin(n)
	if n.kind == strictyaml.List {
		list := make([]any, len(n.items))
		origin.Items = make([]*gateway.Origin, len(n.items))
		for i, item := range n.items {
			list[i], origin.Items[i] = f.finish(item)
		}
		return list, origin
	}
	return f.fields(n, origin), origin
}

func (f *finisher) fields(n *node, origin *gateway.Origin) map[string]any {
	value := make(map[string]any, len(n.fields))
	origin.Fields = make(map[string]*gateway.Origin, len(n.fields))
	for _, field := range n.fields {
		inner, from := f.finish(field.value)
		origin.Fields[field.key] = from
		if !field.value.removed {
			value[field.key] = inner
		}
	}
	return value
}

// resolve returns what a run-time text comes to: a secret, or what was encrypted in its file and still has to find its place.
func (f *finisher) resolve(parts runtime, at *gateway.Origin) any {
	if !parts.called() {
		return parts.opened()
	}
	f.runtime = true
	if parts.locked() {
		return gateway.UnknownValue(parts.ref())
	}
	if f.values == nil {
		return gateway.UnresolvedSecret(parts.ref())
	}
	var text strings.Builder
	withheld := false
	for _, p := range parts {
		value, err := f.call(p)
		if errors.Is(err, ErrWithheld) {
			withheld = true
			continue
		}
		if err != nil {
			f.faults.Add(unresolved(at.Pos, p, err))
			return gateway.UnresolvedSecret(parts.ref())
		}
		text.WriteString(value)
	}
	if withheld {
		return gateway.UnresolvedSecret(parts.ref())
	}
	return gateway.NewSecret(parts.ref(), text.String())
}

func unresolved(at diag.Pos, p part, err error) diag.Diagnostic {
	type temporary interface {
		error
		Temporary() bool
	}
	if trouble, ok := errors.AsType[temporary](err); ok && trouble.Temporary() {
		return diag.Errorf(at, "unreachable-secret", "%s: %v", runtime{p}.ref(), err).
			WithHint("it is asked again until it answers; what runs stays as it is")
	}
	return diag.Errorf(at, "unresolved-value", "%s: %v", runtime{p}.ref(), err).
		WithHint("check the name, and what the daemon's file allows under allow")
}

func (f *finisher) call(p part) (string, error) {
	switch p.kind {
	case secretCall:
		return f.values.Secret(p.name)
	case envCall:
		value, err := f.values.Env(p.name)
		if p.fallback != nil && errors.Is(err, fs.ErrNotExist) {
			return *p.fallback, nil
		}
		return value, err
	}
	return p.text, nil
}
