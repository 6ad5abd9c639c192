package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// sealer keeps what browsers carry for us from being read or changed. It is safe for concurrent use.
type sealer struct {
	purposes map[string]cipher.AEAD
	mac      []byte
}

// What is sealed, each under a key of its own.
const (
	forSession = "session"
	forLogin   = "login under way"
)

// newSealer derives all keys from one secret.
func newSealer(secret []byte) (*sealer, error) {
	s := &sealer{purposes: map[string]cipher.AEAD{}}
	for _, purpose := range []string{forSession, forLogin} {
		key, err := hkdf.Key(sha256.New, secret, nil, "sluice "+purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("derive the key of sessions: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("derive the key of sessions: %w", err)
		}
		if s.purposes[purpose], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("derive the key of sessions: %w", err)
		}
	}
	var err error
	s.mac, err = hkdf.Key(sha256.New, secret, nil, "sluice marks", 32)
	return s, err
}

// seal returns a text from which only open gets v back.
func (s *sealer) seal(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.purposes[purpose].Seal(nil, nil, plain, nil)), nil
}

// open reads what seal returned for the same purpose into v, and reports whether it could.
func (s *sealer) open(purpose, text string, v any) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	plain, err := s.purposes[purpose].Open(nil, nil, sealed, nil)
	return err == nil && json.Unmarshal(plain, v) == nil
}

// mark returns a text that stands for the parts, and tells nothing of them.
func (s *sealer) mark(parts ...string) string {
	mac := hmac.New(sha256.New, s.mac)
	// A list in JSON can't be mistaken for another one.
	_ = json.NewEncoder(mac).Encode(parts)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// randomText returns 256 random bits.
func randomText() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}
