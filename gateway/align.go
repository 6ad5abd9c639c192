package gateway

import (
	"maps"
	"slices"
)

// Defaults tells which values a gateway may have filled in by itself at path of the resource key; nil when none is known.
// There may be several where a schema has branches. It must be safe for several goroutines at once.
type Defaults func(key Key, path Path) []any

// Align returns live rewritten in desired's own terms: wherever a live value means the same as the desired one it is replaced
// by the desired value, and what the gateway added by itself is left out. What truly differs stays, and so do keys that only
// one side has. After it two resources are the same exactly when their canonical bytes are equal. Neither state is changed;
// defaults may be nil.
func Align(desired, live State, defaults Defaults) State {
	aligned := maps.Clone(live)
	for key, want := range desired {
		have, ok := live[key]
		if !ok {
			continue
		}
		a := aligner{key: key, defaults: defaults}
		spec, _ := a.value(want.Spec, have.Spec, nil)
		have.Spec, _ = spec.(map[string]any)
		aligned[key] = have
	}
	return aligned
}

// aligner compares the two sides of one resource. Each of its methods returns live in desired's terms and whether the two
// mean the same; if they do, what it returns is desired itself.
type aligner struct {
	key      Key
	defaults Defaults
}

func (a aligner) value(desired, live any, at Path) (any, bool) {
	if Equal(desired, live) {
		return desired, true
	}
	if a.sameScalar(desired, live, at) || empty(desired) && empty(live) {
		return desired, true
	}
	switch desired := desired.(type) {
	case map[string]any:
		if live, ok := live.(map[string]any); ok {
			return a.object(desired, live, at)
		}
	case []any:
		if live, ok := live.([]any); ok {
			return a.list(desired, live, at)
		}
	}
	return sealedLike(desired, live), false
}

func (a aligner) object(desired, live map[string]any, at Path) (map[string]any, bool) {
	live = a.respelled(desired, live, at)
	aligned, same := make(map[string]any, len(desired)), true
	for field, want := range desired {
		have, ok := live[field]
		if !ok {
			if a.stands(want, at.With(Field(field))) {
				aligned[field] = want
			} else {
				same = false
			}
			continue
		}
		v, ok := a.value(want, have, at.With(Field(field)))
		aligned[field], same = v, same && ok
	}
	for field, have := range live {
		if _, ok := desired[field]; !ok && !a.added(have, at.With(Field(field))) {
			aligned[field], same = have, false
		}
	}
	if same {
		return desired, true
	}
	return aligned, false
}

func (a aligner) list(desired, live []any, at Path) (any, bool) {
	aligned, same := slices.Clone(live), len(desired) == len(live)
	for i := range min(len(desired), len(live)) {
		v, ok := a.value(desired[i], live[i], at.With(Item(i)))
		aligned[i], same = v, same && ok
	}
	if same {
		return desired, true
	}
	return aligned, false
}

// stands reports whether a desired value that live doesn't show is in force all the same: the gateway hides it, or it is
// what the gateway does anyhow.
func (a aligner) stands(want any, at Path) bool {
	if neverShown[a.place(at)] {
		return true
	}
	return slices.ContainsFunc(a.defaultsAt(at), func(value any) bool {
		_, same := a.value(want, value, at)
		return same
	})
}

// added reports whether the gateway put a live value in by itself. An object counts only where the object as a whole is a
// default: a health check or a plugin whose every field is a default is still one more health check or plugin.
func (a aligner) added(have any, at Path) bool {
	if gatewayMade[a.place(at)] {
		return true
	}
	return slices.ContainsFunc(a.defaultsAt(at), func(value any) bool {
		_, same := a.value(value, have, at)
		return same
	})
}

func (a aligner) defaultsAt(at Path) []any {
	values := a.alwaysDefault(at)
	if a.defaults != nil {
		values = append(values, a.defaults(a.key, at)...)
	}
	return values
}

// sealedLike keeps a live text that stands where a secret should be from being printed.
func sealedLike(desired, live any) any {
	text, ok := live.(string)
	if _, secret := desired.(Secret); ok && secret {
		return NewSecret("", text)
	}
	return live
}

func empty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
