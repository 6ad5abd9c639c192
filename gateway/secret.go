package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
)

// Secret is a value that no output may show. However it is printed, formatted or marshalled, it shows as ***; only Reveal
// gives the text, and only the request to a gateway may call it.
//
// The zero value is an unresolved secret without a name.
type Secret struct {
	ref string // the text in the config repo, as "${secret(db)}"; empty for a value that stands there in clear
	// value is a pointer so that even fmt and reflection over a struct that hides a Secret print an address; nil when the
	// value is not known.
	value *string
	// untyped: the value that is not known here need not be a text.
	untyped bool
}

// masked is what every printed secret looks like.
const masked = "***"

// NewSecret returns a secret whose value is known. Ref is the reference that the config repo holds in its place; it is empty
// when the value itself stands in the repo or came from a gateway.
func NewSecret(ref, value string) Secret { return Secret{ref: ref, value: &value} }

// UnresolvedSecret returns a secret whose value is not known here, as in an offline render.
func UnresolvedSecret(ref string) Secret { return Secret{ref: ref} }

// UnknownValue returns an unresolved secret that may be a text, a number or a boolean, as what is encrypted in a file for which no
// key is here.
func UnknownValue(ref string) Secret { return Secret{ref: ref, untyped: true} }

// Untyped reports whether the secret may be a number or a boolean as well as a text.
func (s Secret) Untyped() bool { return s.untyped }

// Ref returns the reference that the config repo holds, which is no secret; "" when there is none.
func (s Secret) Ref() string { return s.ref }

// Resolved reports whether the value is known.
func (s Secret) Resolved() bool { return s.value != nil }

// Reveal returns the text, "" when it is not known. It is for requests to a gateway, and for nothing else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Equal reports, in constant time, whether both values are known and the same, or both unknown under one reference.
func (s Secret) Equal(other Secret) bool {
	if !s.Resolved() || !other.Resolved() {
		return s.Resolved() == other.Resolved() && s.ref == other.ref
	}
	return s.Matches(other.Reveal())
}

// Matches reports, in constant time, whether the value is known and equal to text.
func (s Secret) Matches(text string) bool {
	return s.Resolved() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(text)) == 1
}

// token stands for the secret in the canonical form: its reference, or a hash where the repo holds the value itself. A
// reference keeps the digest of a commit the same on every machine, and the same before and after a rotation.
func (s Secret) token() string {
	if s.ref != "" || !s.Resolved() {
		return "ref:" + s.ref
	}
	sum := sha256.Sum256([]byte(s.Reveal()))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// String returns ***.
func (s Secret) String() string { return masked }

// Format writes *** for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, masked) }

// MarshalText returns ***, for JSON and for logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
