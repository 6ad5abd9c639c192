package settings

import (
	"fmt"
	"os"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// AdminKey reads the admin key from where the group says. Each call reads afresh, so that a key can be rotated. An empty key is
// an error, save where the group names none.
func (g GatewayGroup) AdminKey() (gateway.Secret, error) {
	text, place := "", "adminKeyEnv "+g.AdminKeyEnv
	switch {
	case g.AdminKeyFile != "":
		var err error
		if text, err = readSecret(g.AdminKeyFile); err != nil {
			return gateway.Secret{}, fmt.Errorf("read admin key: %w", err)
		}
		place = "adminKeyFile " + g.AdminKeyFile
	case g.AdminKeyEnv != "":
		text = os.Getenv(g.AdminKeyEnv)
	default:
		return gateway.NewSecret("", ""), nil
	}
	// It travels in a header, which can't hold white space at its ends.
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, fmt.Errorf("read admin key: %s is empty", place)
	}
	return gateway.NewSecret("", text), nil
}
