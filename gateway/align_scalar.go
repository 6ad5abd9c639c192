package gateway

import (
	"strconv"
	"strings"
)

// sameScalar reports whether two values that are not equal mean the same without looking inside a map or a list.
func (a aligner) sameScalar(desired, live any, at Path) bool {
	if len(at) > 0 && references[at[len(at)-1].Key] && idText(desired) != "" {
		return idText(desired) == idText(live)
	}
	switch desired := desired.(type) {
	case Secret:
		return a.sameSecret(desired, live, at)
	case string:
		return a.sameText(desired, live, at)
	case int64, float64:
		return sameNumber(desired, live)
	}
	return false
}

func (a aligner) sameText(desired string, live any, at Path) bool {
	if sealed, ok := live.(Secret); ok {
		return a.sameSecret(sealed, desired, at) || a.unreadable(sealed, at)
	}
	text, ok := live.(string)
	if !ok {
		return false
	}
	return isPEM(desired) && plainPEM(desired) == plainPEM(text) ||
		names[a.place(at)] && strings.EqualFold(desired, text) ||
		a.unreadable(NewSecret("", text), at)
}

// sameSecret compares by value, a certificate or key without regard to how its lines end.
func (a aligner) sameSecret(secret Secret, other any, at Path) bool {
	var text string
	switch other := other.(type) {
	case Secret:
		if secret.Equal(other) || a.unreadable(other, at) {
			return true
		}
		text = other.Reveal()
	case string:
		text = other
	default:
		return false
	}
	if isPEM(text) {
		return secret.Resolved() && NewSecret("", plainPEM(secret.Reveal())).Matches(plainPEM(text))
	}
	return secret.Matches(text) || a.unreadable(NewSecret("", text), at)
}

// unreadable reports whether a live value is the gateway's ciphertext, which says nothing about the key inside.
func (a aligner) unreadable(live Secret, at Path) bool {
	return ciphered[a.place(at)] && live.Resolved() && !isPEM(live.Reveal()) && !isReference(live.Reveal())
}

// isReference reports whether text names a value that the gateway looks up for itself.
func isReference(text string) bool {
	return strings.HasPrefix(text, "$secret://") || strings.HasPrefix(strings.ToLower(text), "$env://")
}

func isPEM(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN") }

func plainPEM(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
}

// sameNumber compares as the gateway writes numbers: 14 significant digits of a double.
func sameNumber(desired, live any) bool {
	want, ok := luaNumber(desired)
	have, also := luaNumber(live)
	return ok && also && want == have
}

func luaNumber(v any) (string, bool) {
	const digits = 14
	switch v := v.(type) {
	case int64:
		return strconv.FormatFloat(float64(v), 'g', digits, 64), true
	case float64:
		return strconv.FormatFloat(v, 'g', digits, 64), true
	}
	return "", false
}
