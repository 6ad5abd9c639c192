package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// Print stands for the body of a resource, the values of its secrets included: two bodies with the same print under one key are
// the same, a rotated secret makes another one. The key must be random and stay in memory, so that a print tells nothing to who
// has not the body.
func Print(r Resource, key []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(r.Bytes())
	addSecrets(mac, r.Spec)
	return [sha256.Size]byte(mac.Sum(nil))
}

// addSecrets adds the values of all secrets, in the order of the canonical form. Each is hashed first, so that none runs into the
// next.
func addSecrets(mac hash.Hash, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range sortedKeys(v) {
			addSecrets(mac, v[field])
		}
	case []any:
		for _, item := range v {
			addSecrets(mac, item)
		}
	case Secret:
		sum := sha256.Sum256([]byte(v.Reveal()))
		mac.Write(sum[:])
	}
}
