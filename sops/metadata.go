package sops

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// Metadata is what SOPS keeps under the key "sops" of a document.
type Metadata struct {
	Recipients   []Recipient // the data key, encrypted for each age recipient
	Services     []string    // other key services that hold the data key, as "kms" and "pgp"
	LastModified string
	MAC          string

	macOnlyEncrypted bool
	rule             rule
}

// rule says which values are encrypted. The name of any key on the way to a value counts.
type rule struct {
	matches func(key string) bool
	found   bool // whether what is below a key that matches is encrypted; else all that is not
}

// Recipient is the data key for one age recipient.
type Recipient struct {
	Name string // age1…
	Key  string // armored
}

// IsEncrypted reports whether a document was encrypted by SOPS.
func IsEncrypted(root *strictyaml.Node) bool { return root.Get("sops") != nil }

// ReadMetadata returns what the document says of its encryption. The error says what is missing or not known.
func ReadMetadata(root *strictyaml.Node) (Metadata, error) {
	at := root.Get("sops")
	if at == nil || at.Kind != strictyaml.Map {
		return Metadata{}, errors.New("sops must be a map")
	}
	m := Metadata{LastModified: text(at.Get("lastmodified")), MAC: text(at.Get("mac"))}
	if only := at.Get("mac_only_encrypted"); only != nil {
		m.macOnlyEncrypted = only.Value == true
	}
	if m.MAC == "" || m.LastModified == "" {
		return m, errors.New("sops has no mac or no lastmodified")
	}
	if groups := at.Get("key_groups"); groups != nil && len(groups.Items) > 0 {
		m.Services = append(m.Services, "key_groups")
	}
	for _, service := range []string{"kms", "gcp_kms", "azure_kv", "hc_vault", "pgp", "hckms"} {
		if list := at.Get(service); list != nil && len(list.Items) > 0 {
			m.Services = append(m.Services, service)
		}
	}
	if err := m.readRecipients(at.Get("age")); err != nil {
		return m, err
	}
	var err error
	m.rule, err = readRule(at)
	return m, err
}

// The budget of a document: each recipient costs a computation, and so does each line of its header.
const (
	mostRecipients = 100
	longestKey     = 16 << 10
	longestPattern = 1 << 10 // of a regular expression, which is held against each key of the document
	longestPath    = 16 << 10
)

func (m *Metadata) readRecipients(list *strictyaml.Node) error {
	if list == nil {
		return nil
	}
	if len(list.Items) > mostRecipients {
		return fmt.Errorf("it has %d age recipients, more than %d", len(list.Items), mostRecipients)
	}
	for _, item := range list.Items {
		r := Recipient{Name: text(item.Get("recipient")), Key: text(item.Get("enc"))}
		if len(r.Key) > longestKey {
			return fmt.Errorf("the data key of a recipient is longer than %d bytes", longestKey)
		}
		m.Recipients = append(m.Recipients, r)
	}
	return nil
}

func text(n *strictyaml.Node) string {
	if n == nil || n.Kind != strictyaml.Scalar {
		return ""
	}
	if value, ok := n.Value.(string); ok {
		return value
	}
	return n.Text
}

// readRule returns which values are encrypted: all but those under a key with the suffix, unless the document says otherwise.
func readRule(at *strictyaml.Node) (rule, error) {
	for _, comments := range []string{"encrypted_comment_regex", "unencrypted_comment_regex"} {
		if text(at.Get(comments)) != "" {
			return rule{}, fmt.Errorf("%s is not supported: comments are not read", comments)
		}
	}
	if suffix := text(at.Get("encrypted_suffix")); suffix != "" {
		return rule{func(key string) bool { return strings.HasSuffix(key, suffix) }, true}, nil
	}
	for name, found := range map[string]bool{"encrypted_regex": true, "unencrypted_regex": false} {
		if pattern := text(at.Get(name)); pattern != "" {
			if len(pattern) > longestPattern {
				return rule{}, fmt.Errorf("%s is longer than %d bytes", name, longestPattern)
			}
			matcher, err := regexp.Compile(pattern)
			if err != nil {
				return rule{}, fmt.Errorf("%s: %w", name, err)
			}
			return rule{matcher.MatchString, found}, nil
		}
	}
	suffix := text(at.Get("unencrypted_suffix"))
	if suffix == "" {
		suffix = "_unencrypted"
	}
	return rule{func(key string) bool { return strings.HasSuffix(key, suffix) }, false}, nil
}
