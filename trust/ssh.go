package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The format of SSH signatures is PROTOCOL.sshsig of OpenSSH.
const (
	sshArmor     = "SSH SIGNATURE"
	sshMagic     = "SSHSIG"
	sshNamespace = "git"
)

// sshSignature is what the armor holds, after the magic.
type sshSignature struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  string
	Hash      string
	Signature []byte
}

// readSSH reads lines as in authorized_keys, or in allowed_signers, where principals stand before the key.
func readSSH(name string, data []byte) ([]sshKey, error) {
	var found []sshKey
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		principals, rest, _ := strings.Cut(line, " ")
		if isKeyType(principals) {
			principals, rest = "", line
		}
		key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if len(options) > 0 {
			return nil, fmt.Errorf("line %d: options of a key are not supported: %s", i+1, strings.Join(options, ","))
		}
		if principals != "" {
			comment = principals
		}
		if comment == "" {
			comment = name
		}
		found = append(found, sshKey{comment, key})
	}
	return found, nil
}

// isKeyType reports whether a line begins with the key, and not with whose it is.
func isKeyType(word string) bool {
	return strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-") || strings.HasPrefix(word, "sk-")
}

// checkSSH returns the name of the listed key that made the signature.
func checkSSH(listed []sshKey, payload []byte, armored string) (string, error) {
	signature, err := parseSSH(armored)
	if err != nil {
		return "", err
	}
	for _, candidate := range listed {
		if bytes.Equal(candidate.key.Marshal(), signature.PublicKey) {
			return candidate.name, signature.verify(candidate.key, payload)
		}
	}
	return "", errors.New("signed by an SSH key that is not in the keyring")
}

func parseSSH(armored string) (sshSignature, error) {
	var signature sshSignature
	block, _ := pem.Decode([]byte(armored))
	if block == nil || block.Type != sshArmor || !bytes.HasPrefix(block.Bytes, []byte(sshMagic)) {
		return signature, errors.New("not an SSH signature")
	}
	if err := ssh.Unmarshal(block.Bytes[len(sshMagic):], &signature); err != nil {
		return signature, fmt.Errorf("read SSH signature: %w", err)
	}
	switch {
	case signature.Version != 1:
		return signature, fmt.Errorf("SSH signature of version %d", signature.Version)
	case signature.Namespace != sshNamespace:
		return signature, fmt.Errorf("SSH signature for %q, not for git", signature.Namespace)
	}
	return signature, nil
}

// verify checks the signature over what PROTOCOL.sshsig says is signed.
func (s sshSignature) verify(key ssh.PublicKey, payload []byte) error {
	var digest []byte
	switch s.Hash {
	case "sha256":
		sum := sha256.Sum256(payload)
		digest = sum[:]
	case "sha512":
		sum := sha512.Sum512(payload)
		digest = sum[:]
	default:
		return fmt.Errorf("SSH signature with hash %q", s.Hash)
	}
	var made ssh.Signature
	if err := ssh.Unmarshal(s.Signature, &made); err != nil {
		return fmt.Errorf("read SSH signature: %w", err)
	}
	if made.Format == ssh.KeyAlgoRSA {
		return errors.New("SSH signature with SHA-1")
	}
	signed := append([]byte(sshMagic), ssh.Marshal(struct{ Namespace, Reserved, Hash, Digest string }{
		s.Namespace, s.Reserved, s.Hash, string(digest),
	})...)
	if err := key.Verify(signed, &made); err != nil {
		return errors.New("the SSH signature does not fit the commit")
	}
	return nil
}
