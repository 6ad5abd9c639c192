package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// Token is a static token, of which only a hash is known here. Tokens are made by NewToken: since they are random, a plain hash is enough.
type Token struct {
	Name string
	Role Role
	// Operates names the environments in which a Viewer is an Operator; it means nothing with another role.
	Operates []string
	Hash     [sha256.Size]byte // HashToken of the token
}

// TokenPrefix begins every token of NewToken, so that people and scanners know one when they see it.
const TokenPrefix = "sluice_"

// NewToken returns a token with 256 random bits.
func NewToken() string { return TokenPrefix + randomText() }

// HashToken returns what stands for a token in the daemon's file.
func HashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// matching returns the token whose hash is that of the text. It always looks at all of them, each in constant time.
func matching(tokens []Token, text string) (Token, bool) {
	hash := HashToken(text)
	found := -1
	for i := range tokens {
		if subtle.ConstantTimeCompare(hash[:], tokens[i].Hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Token{}, false
	}
	return tokens[found], true
}

// stamp tells whether a session that began with the token may go on: it is another one when anything about the token changes.
func (t Token) stamp(s *sealer) string {
	return s.mark(append([]string{"token", t.Name, t.Role.String(), hex.EncodeToString(t.Hash[:])}, t.Operates...)...)
}
