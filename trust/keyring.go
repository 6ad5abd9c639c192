package trust

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ProtonMail/go-crypto/openpgp"
	"golang.org/x/crypto/ssh"
)

// Keyring is a directory of public keys. The zero value lists nobody. It is safe for several goroutines at once.
type Keyring struct {
	Dir string
}

// keys are the public keys of a directory.
type keys struct {
	pgp openpgp.EntityList
	ssh []sshKey
}

type sshKey struct {
	name string // the comment beside the key, or the principals; the file when it has neither
	key  ssh.PublicKey
}

// largest bounds a key file, in bytes: a keyring of some hundred people has a few megabytes.
const largest = 16 << 20

// read reads all keys. A file that holds none is an error: it was put there to let somebody in or keep somebody out.
func (k Keyring) read() (keys, error) {
	entries, err := os.ReadDir(k.Dir)
	if err != nil {
		return keys{}, fmt.Errorf("read keyring: %w", err)
	}
	var all keys
	for _, entry := range entries {
		// Kubernetes mounts have hidden links beside the files.
		if entry.Name()[0] == '.' || entry.IsDir() {
			continue
		}
		if err := all.add(filepath.Join(k.Dir, entry.Name())); err != nil {
			return keys{}, fmt.Errorf("read keyring: %s: %w", entry.Name(), err)
		}
	}
	if len(all.pgp)+len(all.ssh) == 0 {
		return keys{}, fmt.Errorf("read keyring: no public key in %s", k.Dir)
	}
	return all, nil
}

func (k *keys) add(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.IsDir() { // a link of a Kubernetes mount
		return nil
	}
	if info.Size() > largest {
		return fmt.Errorf("larger than %d bytes", largest)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return k.parse(filepath.Base(file), data)
}

func (k *keys) parse(name string, data []byte) error {
	if list, err := readPGP(data); err == nil && len(list) > 0 {
		k.pgp = append(k.pgp, list...)
		return nil
	}
	found, err := readSSH(name, data)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("neither an OpenPGP nor an SSH public key")
	}
	k.ssh = append(k.ssh, found...)
	return nil
}

func readPGP(data []byte) (openpgp.EntityList, error) {
	if bytes.Contains(data, []byte("-----BEGIN PGP")) {
		return openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	}
	return openpgp.ReadKeyRing(bytes.NewReader(data))
}
