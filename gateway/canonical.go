package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Canonical returns v in canonical values, copying what it has to: map[string]any, []any, string, bool, int64, float64 that
// is not integral, and Secret. It takes what encoding/json (with UseNumber or without) and strictyaml produce. A null, a
// number that is no finite one and any other type are errors that name the path.
func Canonical(v any) (any, error) { return canonical(v, nil) }

func canonical(v any, at Path) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return canonicalMap(v, at)
	case []any:
		return canonicalList(v, at)
	case string, bool, int64, Secret:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		return canonicalFloat(v, at)
	case json.Number:
		return canonicalNumber(v, at)
	}
	return nil, fmt.Errorf("%s: a value of type %T has no canonical form", at, v)
}

func canonicalMap(m map[string]any, at Path) (any, error) {
	out := make(map[string]any, len(m))
	for key, value := range m {
		c, err := canonical(value, at.With(Field(key)))
		if err != nil {
			return nil, err
		}
		out[key] = c
	}
	return out, nil
}

func canonicalList(list []any, at Path) (any, error) {
	out := make([]any, len(list))
	for i, value := range list {
		c, err := canonical(value, at.With(Item(i)))
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

func canonicalNumber(n json.Number, at Path) (any, error) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, fmt.Errorf("%s: number %s: %w", at, n, err)
	}
	return canonicalFloat(f, at)
}

// exact is the first integer that a float64 can't tell from its neighbour.
const exact = 1 << 53

// canonicalFloat makes 1.0 the integer 1: a gateway written in Lua can't tell them apart.
func canonicalFloat(f float64, at Path) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%s: %v is not a finite number", at, f)
	}
	if f == math.Trunc(f) && math.Abs(f) < exact {
		return int64(f), nil
	}
	return f, nil
}

// WithoutNulls returns a copy of a decoded value without the fields that are null: some gateways write one that isn't there so.
func WithoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for field, value := range v {
			if value != nil {
				kept[field] = WithoutNulls(value)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, item := range v {
			kept[i] = WithoutNulls(item)
		}
		return kept
	}
	return v
}

// AppendCanonical appends the canonical bytes of a canonical value: JSON with sorted keys, no white space, and
// {"$secret":"…"} in the place of a secret, where the text is the reference or a hash, never the value.
func AppendCanonical(b []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		return appendMap(b, v)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendCanonical(b, item)
		}
		return append(b, ']')
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case Secret:
		b = append(b, `{"$secret":`...)
		return append(appendString(b, v.token()), '}')
	case nil:
		return append(b, "null"...)
	}
	panic(fmt.Sprintf("gateway: %T is not a canonical value", v))
}

func appendMap(b []byte, m map[string]any) []byte {
	b = append(b, '{')
	var few [16]string // nearly every map has no more: no memory is asked for
	keys := few[:0]
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		b = AppendCanonical(b, m[key])
	}
	return append(b, '}')
}

func sortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

func appendString(b []byte, s string) []byte {
	if plainText(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	// A string always encodes: invalid UTF-8 becomes U+FFFD, and the readers refuse it before.
	_ = enc.Encode(s)
	return append(b, bytes.TrimRight(buf.Bytes(), "\n")...)
}

// plainText reports whether s needs no escape in JSON, as nearly every text in a configuration.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Bytes returns the canonical bytes of the body. Two resources with one key are the same exactly when these are equal.
func (r Resource) Bytes() []byte { return AppendCanonical(nil, r.Spec) }

// Equal reports whether two canonical values are the same. Secrets compare by value.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, Equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case Secret:
		b, ok := b.(Secret)
		return ok && a.Equal(b)
	}
	return a == b
}

// Digest is a SHA-256, in 64 hexadecimal digits, over the canonical form of a State. Two equal digests are the same
// configuration. A secret enters by its reference, so that a commit has one digest on every machine.
func (s State) Digest() string {
	hash := sha256.New()
	var line []byte
	for _, key := range s.Keys() {
		line = s[key].AppendLine(line[:0])
		hash.Write(line)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// AppendLine appends what a resource adds to what the digest of a State is made of. The lines come in order of Key.Compare.
func (r Resource) AppendLine(b []byte) []byte {
	b = append(appendString(b, r.Key.String()), ' ')
	return append(AppendCanonical(b, r.Spec), '\n')
}
