package embedded

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512" // for crypto.Hash
	"crypto/x509"
	"encoding/pem"
	"math/big"
)

// hasMAC checks a signature by a shared secret. No secret signs nothing.
func (t *token) hasMAC(hash crypto.Hash, secret []byte) bool {
	if len(secret) == 0 {
		return false
	}
	mac := hmac.New(hash.New, secret)
	mac.Write(t.signed)
	return hmac.Equal(mac.Sum(nil), t.signature)
}

// isSignedBy checks a signature by a public key in PEM: RS, PS, ES, or Ed.
func (t *token) isSignedBy(family string, hash crypto.Hash, text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return false
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return false
	}
	var digest []byte
	if hash != 0 {
		h := hash.New()
		h.Write(t.signed)
		digest = h.Sum(nil)
	}
	switch key := parsed.(type) {
	case *rsa.PublicKey:
		if family == "PS" {
			return rsa.VerifyPSS(key, hash, digest, t.signature, nil) == nil
		}
		return family == "RS" && rsa.VerifyPKCS1v15(key, hash, digest, t.signature) == nil
	case *ecdsa.PublicKey:
		half := len(t.signature) / 2
		r, s := new(big.Int).SetBytes(t.signature[:half]), new(big.Int).SetBytes(t.signature[half:])
		return family == "ES" && ecdsa.Verify(key, digest, r, s)
	case ed25519.PublicKey:
		return family == "Ed" && ed25519.Verify(key, t.signed, t.signature)
	}
	return false
}
