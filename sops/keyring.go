package sops

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Config says with which keys a Keyring opens documents. The zero value has none.
type Config struct {
	// AgeKeys returns the text of the private age keys as age-keygen writes them, several one below the other. It is asked before
	// each document, so that new keys count at once. Nil, or an empty text: there are none.
	AgeKeys func() (string, error)
	// Command is the sops command, for the key services that only it speaks to. It is never run when it is empty.
	Command string
	// Lenient leaves a document locked, with a warning, when no key is there for it: for who only looks.
	Lenient bool
}

// Keyring opens documents with the keys of one place. It keeps the keys and no data key, and forgets them when their place holds
// others. It is safe for several goroutines; make one with NewKeyring.
type Keyring struct {
	config Config

	mu         sync.Mutex
	generation int
	seen       [sha256.Size]byte // of the text that the keys were read from, or of why it could not be
	identities Identities
	err        error                                  // why there are no keys
	opened     map[[sha256.Size]byte]*strictyaml.Node // what the command opened, by the hash of the file
}

// NewKeyring returns a Keyring. It reads nothing yet.
func NewKeyring(config Config) *Keyring { return &Keyring{config: config} }

// Generation is another number whenever the keys are others than before: then what was opened with them must be forgotten.
func (k *Keyring) Generation() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read()
	return k.generation
}

// read takes the keys from their place when they have changed. The lock is held.
func (k *Keyring) read() {
	text, err := "", error(nil)
	if k.config.AgeKeys != nil {
		text, err = k.config.AgeKeys()
	}
	said := text
	if err != nil {
		said = "unreadable: " + err.Error()
	}
	sum := sha256.Sum256([]byte(said))
	if k.generation > 0 && sum == k.seen {
		return
	}
	k.generation++
	k.seen, k.identities, k.err, k.opened = sum, Identities{}, err, nil
	if err == nil && strings.TrimSpace(text) != "" {
		k.identities, k.err = ParseIdentities(text)
	}
}

// Decrypt returns a document in clear: see Decrypt of the package. Data is the file that root was read from. The faults have stable
// codes and show no value.
func (k *Keyring) Decrypt(root *strictyaml.Node, data []byte) (*strictyaml.Node, diag.List) {
	metadata, err := ReadMetadata(root)
	if err != nil {
		return nil, diag.List{diag.Errorf(place(root), "sops-format", "what SOPS wrote about this file can't be read: %v", err).
			WithHint("encrypt it anew with the sops command")}
	}
	key, err := k.dataKey(metadata)
	if errors.Is(err, ErrNoKey) && k.config.Command != "" {
		return k.ask(root, data)
	}
	switch {
	case err == nil:
		return Decrypt(root, metadata, key)
	case errors.Is(err, ErrNoKey) && k.config.Lenient:
		locked, faults := Lock(root, metadata)
		faults.Add(diag.Warningf(place(root), "sops-key", "%v", noKey(metadata, err)).
			WithHint("what is encrypted is not looked at; $SOPS_AGE_KEY_FILE names a file of keys"))
		return locked, faults
	}
	return nil, diag.List{diag.Errorf(place(root), "sops-key", "%v", noKey(metadata, err)).
		WithHint("add a key to the file that sops.ageKeyFile names in the daemon's file, or encrypt for one that is in it")}
}

func (k *Keyring) dataKey(metadata Metadata) ([]byte, error) {
	k.mu.Lock()
	k.read()
	identities, err := k.identities, k.err
	k.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("read age keys: %w", err)
	}
	return identities.DataKey(metadata)
}

// ask lets the command open a document, once for each content of a file.
func (k *Keyring) ask(root *strictyaml.Node, data []byte) (*strictyaml.Node, diag.List) {
	const mostKept = 1000
	sum := sha256.Sum256(data)
	k.mu.Lock()
	known, ok := k.opened[sum]
	k.mu.Unlock()
	if ok && known.Pos == root.Pos {
		return known, nil
	}
	clear, err := Binary{Path: k.config.Command}.Decrypt(context.Background(), root, data)
	if err != nil {
		return nil, diag.List{diag.Errorf(place(root), "sops-key", "can't be decrypted: %v", err).
			WithHint("run sops decrypt on the file as the user of the daemon")}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened == nil || len(k.opened) >= mostKept {
		k.opened = map[[sha256.Size]byte]*strictyaml.Node{}
	}
	k.opened[sum] = clear
	return clear, nil
}

// noKey says for whom the document is encrypted: those names are public.
func noKey(metadata Metadata, err error) error {
	var names []string
	for _, recipient := range metadata.Recipients {
		names = append(names, recipient.Name)
	}
	names = append(names, metadata.Services...)
	const most = 3
	if rest := len(names) - most; rest > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", rest))
	}
	return fmt.Errorf("encrypted for %s: %w", strings.Join(names, ", "), err)
}

// place is where a document says that it is encrypted.
func place(root *strictyaml.Node) diag.Pos {
	for _, field := range root.Fields {
		if field.Key == "sops" {
			return field.Pos
		}
	}
	return root.Pos
}
