package daemon

import (
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
)

// withheld knows which run-time values config repos may name, and gives none away.
type withheld struct{ allow settings.Values }

// Env says whether an environment variable may be named.
func (w withheld) Env(name string) (string, error) { return withhold(w.allow.MayEnv(name)) }

// Secret says whether a secret may be named.
func (w withheld) Secret(name string) (string, error) { return withhold(w.allow.MaySecret(name)) }

func withhold(err error) (string, error) {
	if err == nil {
		err = render.ErrWithheld
	}
	return "", err
}
