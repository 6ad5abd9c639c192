package settings

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Token reads the token anew at each call, so that it can be exchanged. It is the zero Secret, which is not resolved, when none is
// named; an empty one is an error.
func (a API) Token() (gateway.Secret, error) {
	if a.TokenFile == "" {
		return gateway.Secret{}, nil
	}
	text, err := readSecret(a.TokenFile)
	if err != nil {
		return gateway.Secret{}, fmt.Errorf("read the token of the API: %w", err)
	}
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, fmt.Errorf("read the token of the API: %s is empty", a.TokenFile)
	}
	return gateway.NewSecret("", text), nil
}
