package record

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Mark says where a secret was sent to that nothing else remembers, and by a keyed hash which one it was. The hash says nothing of
// the secret to whoever has not the key.
type Mark struct {
	Key   gateway.Key `json:"key"`
	Field string      `json:"field"`
	Mark  string      `json:"mark"`
}

// markKeySize is that of the hash (RFC 2104, section 3).
const markKeySize = sha256.Size

// Mark returns the mark of a value at a field of a resource. It is empty when the key beside the journal can't be read: then no
// two values can be compared.
func (v *View) Mark(key gateway.Key, field string, value gateway.Secret) Mark {
	if len(v.markKey) == 0 || !value.Resolved() {
		return Mark{Key: key, Field: field}
	}
	mac := hmac.New(sha256.New, v.markKey)
	fmt.Fprintf(mac, "%s\x00%s\x00%s", key, field, value.Reveal())
	return Mark{Key: key, Field: field, Mark: hex.EncodeToString(mac.Sum(nil)[:16])}
}

// Sent reports whether the newest finished entry of the group that speaks of sent values holds this mark. An empty mark counts as
// sent: without a key nothing can be said, and nothing shall be written for it.
func (v *View) Sent(environment, group string, mark Mark) bool {
	if mark.Mark == "" {
		return true
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.shelves[place{environment, group}]
	return s != nil && s.sent[mark]
}

// SentFields returns the marks of the newest finished entry of the group that speaks of sent values, in no order.
func (v *View) SentFields(environment, group string) []Mark {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.shelves[place{environment, group}]
	if s == nil {
		return nil
	}
	return slices.Collect(maps.Keys(s.sent))
}

// markKeyFile is where the key of the marks is: beside the journal, for the user alone.
func markKeyFile(journal string) string { return journal + ".key" }

// readMarkKey returns nil when there is no key, or it may not be read.
func readMarkKey(journal string) []byte {
	key, err := os.ReadFile(markKeyFile(journal))
	if err != nil || len(key) != markKeySize {
		return nil
	}
	return key
}

// makeMarkKey makes the key of the marks when there is none. A key that is lost costs one more write of what it marked.
func makeMarkKey(journal string) ([]byte, error) {
	if key := readMarkKey(journal); key != nil {
		return key, nil
	}
	if err := os.Remove(markKeyFile(journal)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := make([]byte, markKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, os.WriteFile(markKeyFile(journal), key, 0o600)
}

// SecretMark says by a keyed hash which value a reference of the config repo to a secret had.
type SecretMark struct {
	Name string `json:"name"` // of the reference, as secret(db)
	Mark string `json:"mark"`
}

// MarkSecret returns the mark of the value that a reference came to. The mark is empty when the key beside the journal can't be
// read, or the value is not known: then nothing can be said.
func (v *View) MarkSecret(name string, value gateway.Secret) SecretMark {
	if len(v.markKey) == 0 || !value.Resolved() {
		return SecretMark{Name: name}
	}
	mac := hmac.New(sha256.New, v.markKey)
	fmt.Fprintf(mac, "secret\x00%s\x00%s", name, value.Reveal())
	return SecretMark{Name: name, Mark: hex.EncodeToString(mac.Sum(nil)[:16])}
}

// Secrets returns the marks of the newest finished entry of the group that speaks of references to secrets, by name; nil when none
// does. The caller must not change it.
func (v *View) Secrets(environment, group string) map[string]string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.shelves[place{environment, group}]
	if s == nil {
		return nil
	}
	return s.secrets
}
