package settings

import "github.com/sluice-gitops/sluice/gateway"

// Token reads the token anew at each call, so that it can be exchanged. It is the zero Secret, which is not resolved, when none is
// named; an empty one is an error.
func (a API) Token() (gateway.Secret, error) {
	return optionalSecret(a.TokenFile, "the token of the API")
}
