package daemon

import (
	"os"

	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/sops"
)

// Keys returns what opens the encrypted files of the config repo, by the daemon's own file alone: the repo has no say in where keys
// are, or in what is run.
func Keys(s settings.SOPS) *sops.Keyring {
	config := sops.Config{Command: s.Command}
	if s.AgeKeyFile != "" {
		config.AgeKeys = func() (string, error) {
			text, err := os.ReadFile(s.AgeKeyFile)
			return string(text), err
		}
	}
	return sops.NewKeyring(config)
}
