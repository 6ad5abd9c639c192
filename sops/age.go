package sops

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Identities are the private age keys that may read documents. The zero value reads none. It is safe for several goroutines.
type Identities struct {
	list []age.Identity
}

// ErrNoKey says that none of the identities is a recipient of the document.
var ErrNoKey = errors.New("no age key here is a recipient of the file")

// ParseIdentities reads a file of age-keygen. The error never shows a key.
func ParseIdentities(text string) (Identities, error) {
	list, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		// The library repeats the line, which may be a key with a typing error.
		return Identities{}, errors.New("not a file of age identities: want lines of AGE-SECRET-KEY-1…")
	}
	return Identities{list}, nil
}

// DataKey returns the key of the document's values.
func (i Identities) DataKey(metadata Metadata) ([]byte, error) {
	if len(i.list) == 0 {
		return nil, ErrNoKey
	}
	for _, recipient := range metadata.Recipients {
		plain, err := age.Decrypt(armor.NewReader(strings.NewReader(recipient.Key)), i.list...)
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("data key for %s: %w", recipient.Name, err)
		}
		const largest = 1 << 10
		key, err := io.ReadAll(io.LimitReader(plain, largest))
		if err != nil {
			return nil, fmt.Errorf("data key for %s: %w", recipient.Name, err)
		}
		if len(key) != 32 {
			return nil, fmt.Errorf("data key for %s: %d bytes, want 32", recipient.Name, len(key))
		}
		return key, nil
	}
	return nil, ErrNoKey
}
