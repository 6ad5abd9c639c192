package main

import (
	"os"

	"github.com/sluice-gitops/sluice/sops"
)

// userKeys opens encrypted files for the offline commands, with the keys of whoever runs them. Without a key the values stay
// unknown: CI need not have one.
func userKeys() *sops.Keyring {
	return sops.NewKeyring(sops.Config{AgeKeys: userAgeKeys, Lenient: true})
}

// userAgeKeys reads the keys from where the sops command takes them.
func userAgeKeys() (string, error) {
	keys := os.Getenv("SOPS_AGE_KEY")
	file := os.Getenv("SOPS_AGE_KEY_FILE")
	if file == "" {
		return keys, nil
	}
	text, err := os.ReadFile(file)
	return keys + "\n" + string(text), err
}
