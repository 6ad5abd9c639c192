package gateway

import (
	"maps"
	"slices"
)

// Unlisted lists the secrets of a desired resource at places where Seal would not look for one, as a password in a header that
// proxy-rewrite sets. Live shows them in clear once the config repo no longer says that they are secrets, so whoever sent them has
// to remember the places (SealAt).
func Unlisted(r Resource) []SecretField {
	var list []SecretField
	sealed := Seal(r.Key, plainly(r.Spec).(map[string]any))
	eachSecret(r.Spec, nil, func(path Path, secret Secret) {
		if _, listed := valueAt(sealed, path).(Secret); !listed {
			list = append(list, SecretField{path, secret})
		}
	})
	return list
}

// SecretFields lists all secrets of a resource in order of path.
func SecretFields(r Resource) []SecretField {
	var list []SecretField
	eachSecret(r.Spec, nil, func(path Path, secret Secret) { list = append(list, SecretField{path, secret}) })
	return list
}

// plainly returns the value with every secret replaced by a text of no meaning.
func plainly(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for field, value := range v {
			out[field] = plainly(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plainly(item)
		}
		return out
	case Secret:
		return masked
	}
	return v
}

// eachSecret visits every secret in order of path.
func eachSecret(v any, at Path, visit func(Path, Secret)) {
	if holdsSecret(v) {
		walkSecrets(v, at, visit)
	}
}

// holdsSecret spares those without secrets, which are nearly all, the putting in order.
func holdsSecret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			if holdsSecret(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsSecret)
	case Secret:
		return true
	}
	return false
}

func walkSecrets(v any, at Path, visit func(Path, Secret)) {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range sortedKeys(v) {
			walkSecrets(v[field], at.With(Field(field)), visit)
		}
	case []any:
		for i, item := range v {
			walkSecrets(item, at.With(Item(i)), visit)
		}
	case Secret:
		visit(at, v)
	}
}

// valueAt follows a path; nil where it leads nowhere.
func valueAt(v any, path Path) any {
	for _, step := range path {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[step.Key]
		case []any:
			if step.Field || step.Index >= len(inner) {
				return nil
			}
			v = inner[step.Index]
		default:
			return nil
		}
	}
	return v
}

// SealAt returns the resource with the text at path turned into a Secret. It copies what it has to; where there is no text the
// resource is returned as it is.
func SealAt(r Resource, path Path) Resource {
	if sealed, ok := sealPath(r.Spec, path).(map[string]any); ok {
		r.Spec = sealed
	}
	return r
}

func sealPath(v any, path Path) any {
	if len(path) == 0 {
		if text, ok := v.(string); ok {
			return NewSecret("", text)
		}
		return v
	}
	step := path[0]
	switch inner := v.(type) {
	case map[string]any:
		value, ok := inner[step.Key]
		if !ok {
			return v
		}
		out := maps.Clone(inner)
		out[step.Key] = sealPath(value, path[1:])
		return out
	case []any:
		if step.Field || step.Index >= len(inner) {
			return v
		}
		out := append([]any{}, inner...)
		out[step.Index] = sealPath(inner[step.Index], path[1:])
		return out
	}
	return v
}
