package sops

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Decrypt returns the document in clear, without the key "sops". Every value stands where it stood, and those that were encrypted
// are marked as Sealed. The faults say which value can't be read, or that the MAC does not fit; then there is no document. No fault
// shows a value.
func Decrypt(root *strictyaml.Node, metadata Metadata, key []byte) (*strictyaml.Node, diag.List) {
	d := decryption{metadata: metadata, key: key, mac: sha512.New()}
	if metadata.macOnlyEncrypted {
		// So nobody can pass off such a document as one whose MAC covers everything, or the other way round.
		begin := sha256.Sum256([]byte("sops"))
		d.mac.Write(begin[:])
	}
	clear := d.fields(root, spot{})
	if len(d.faults) == 0 {
		d.check(root)
	}
	if len(d.faults) > 0 {
		return nil, d.faults.AtMost(mostFaults)
	}
	return clear, nil
}

// Lock returns the document as it is for whoever has no key: what is encrypted is Sealed and has no value, the rest is as it
// stands there. Nothing proves the MAC.
func Lock(root *strictyaml.Node, metadata Metadata) (*strictyaml.Node, diag.List) {
	d := decryption{metadata: metadata, mac: sha512.New()}
	clear := d.fields(root, spot{})
	if len(d.faults) > 0 {
		return nil, d.faults.AtMost(mostFaults)
	}
	return clear, nil
}

type decryption struct {
	metadata Metadata
	key      []byte // nil: what is encrypted stays locked
	mac      hash.Hash
	faults   diag.List
}

// mostFaults is how many faults of one document are told.
const mostFaults = 1000

// spot is where a value stands.
type spot struct {
	path    []string // keys; the number of a list's item is no part of it
	length  int      // of all keys together
	matches bool     // whether a key on the way matches the rule
}

func (d *decryption) below(at spot, key string) spot {
	return spot{append(at.path[:len(at.path):len(at.path)], key), at.length + len(key), at.matches || d.metadata.rule.matches(key)}
}

func (d *decryption) fields(n *strictyaml.Node, at spot) *strictyaml.Node {
	clear := *n
	clear.Fields = nil
	for _, field := range n.Fields {
		if len(at.path) == 0 && field.Key == "sops" {
			continue
		}
		field.Value = d.value(field.Value, d.below(at, field.Key))
		clear.Fields = append(clear.Fields, field)
	}
	return &clear
}

// value decrypts what stands somewhere. Nil stands for a comment: in lists SOPS keeps them as values.
func (d *decryption) value(n *strictyaml.Node, at spot) *strictyaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == strictyaml.Map:
		return d.fields(n, at)
	case n.Kind == strictyaml.List:
		clear := *n
		clear.Items = nil
		for _, item := range n.Items {
			if item = d.value(item, at); item != nil {
				clear.Items = append(clear.Items, item)
			}
		}
		return &clear
	}
	return d.scalar(n, at)
}

func (d *decryption) scalar(n *strictyaml.Node, at spot) *strictyaml.Node {
	if n.Value == nil {
		return n
	}
	// SOPS leaves the empty text as it is.
	if at.matches != d.metadata.rule.found || n.Value == "" {
		if !d.metadata.macOnlyEncrypted {
			d.mac.Write([]byte(inMAC(n.Value)))
		}
		return n
	}
	if at.length > longestPath {
		d.faults.Add(diag.Errorf(n.Pos, "over-limit", "the keys on the way to an encrypted value have more than %d bytes", longestPath).
			WithHint("shorten them"))
		return n
	}
	text, _ := n.Value.(string)
	value, err := d.open(text, strings.Join(at.path, ":")+":")
	if err != nil {
		d.faults.Add(diag.Errorf(n.Pos, "sops-value", "%s can't be decrypted: %v", strings.Join(at.path, "."), err).
			WithHint("change encrypted files with the sops command, never by hand"))
		return n
	}
	if value == (comment{}) {
		return nil
	}
	clear := *n
	clear.Sealed, clear.Value, clear.Text = name(text), value, inMAC(value)
	if value == nil {
		clear.Text = "encrypted-" + clear.Sealed
	}
	d.mac.Write([]byte(inMAC(value)))
	return &clear
}

// open returns the value of an encrypted text, nil when there is no key.
func (d *decryption) open(text, path string) (any, error) {
	if d.key != nil {
		return open(d.key, text, path)
	}
	parts := sealed.FindStringSubmatch(text)
	if parts == nil {
		return nil, errNotEncrypted
	}
	if parts[4] == "comment" {
		return comment{}, nil
	}
	return nil, nil
}

// name is a name for an encrypted text. It changes with the text, and so with the value.
func name(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// check compares the MAC, which covers all values in their order.
func (d *decryption) check(root *strictyaml.Node) {
	at := root.Get("sops").Pos
	want, err := open(d.key, d.metadata.MAC, d.metadata.LastModified)
	if err != nil {
		d.faults.Add(diag.Errorf(at, "sops-mac", "the MAC can't be read: %v", err).WithHint("encrypt the file anew with the sops command"))
		return
	}
	text, _ := want.(string)
	if got := fmt.Sprintf("%X", d.mac.Sum(nil)); subtle.ConstantTimeCompare([]byte(text), []byte(got)) != 1 {
		d.faults.Add(diag.Errorf(at, "sops-mac", "the MAC does not fit: the file was changed without the sops command").
			WithHint("look at what changed; then open and save it with the sops command"))
	}
}
