package daemon

import (
	"context"
	"net/http"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/settings"
)

// OpenForge returns the forge that the daemon's file names, nil when it names none. It speaks to nobody yet. The login is read anew at each
// request. With a nil transport the usual one carries them.
func OpenForge(s settings.Settings, transport http.RoundTripper) (forge.Forge, error) {
	if s.Forge.Type == "" {
		return nil, nil
	}
	config := forge.Config{Type: s.Forge.Type, URL: s.Forge.URL, Repository: s.Forge.Repository, Branch: s.Repository.Branch, Transport: transport}
	if s.Forge.App.ID != "" {
		app, err := forge.NewApp(config, s.Forge.App.ID, s.Forge.App.Key)
		if err != nil {
			return nil, err
		}
		config.Login, config.Refused = app.Login, app.Refused
		return forge.New(config)
	}
	config.Login = func(context.Context) (forge.Login, error) {
		token, err := s.Forge.Token()
		return forge.Login{User: s.Forge.Username, Token: token}, err
	}
	return forge.New(config)
}
