package trust

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
)

// ErrUnsigned says that a commit has no signature at all.
var ErrUnsigned = errors.New("the commit is not signed")

// Check returns the name of the listed key that signed the payload. Signature is armored, OpenPGP or SSH, as a commit holds it.
// The error says why the commit is not trusted, or that the keyring can't be read: in both cases nobody vouches for it. An OpenPGP
// key that has expired or was revoked vouches for nothing.
func (k Keyring) Check(payload []byte, signature string) (signer string, err error) {
	if strings.TrimSpace(signature) == "" {
		return "", ErrUnsigned
	}
	listed, err := k.read()
	if err != nil {
		return "", err
	}
	if strings.Contains(signature, "BEGIN "+sshArmor) {
		return checkSSH(listed.ssh, payload, signature)
	}
	return checkPGP(listed.pgp, payload, signature)
}

func checkPGP(listed openpgp.EntityList, payload []byte, armored string) (string, error) {
	entity, err := openpgp.CheckArmoredDetachedSignature(listed, bytes.NewReader(payload), strings.NewReader(armored), nil)
	switch {
	case err == nil && entity == nil:
		return "", errors.New("the OpenPGP signature names nobody")
	case err == nil:
		return nameOf(entity), nil
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return "", errors.New("signed by an OpenPGP key that is not in the keyring")
	}
	return "", fmt.Errorf("check OpenPGP signature: %w", err)
}

// nameOf is the user id of a key, or its fingerprint.
func nameOf(entity *openpgp.Entity) string {
	if identity := entity.PrimaryIdentity(); identity != nil {
		return identity.Name
	}
	return fmt.Sprintf("%X", entity.PrimaryKey.Fingerprint)
}
