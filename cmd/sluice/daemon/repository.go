package daemon

import (
	"context"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

// sourceConfig says how to follow a repository, and how to log in there.
func sourceConfig(r settings.Repository) (source.Config, error) {
	config := source.Config{
		URL: r.URL, Branch: r.Branch, Dir: r.Mirror, Timeout: r.Timeout,
		Auth: source.Auth{
			TokenFile: r.Auth.TokenFile, Username: r.Auth.Username, PasswordFile: r.Auth.PasswordFile,
			SSHKeyFile: r.Auth.SSHKeyFile, KnownHostsFile: r.Auth.KnownHostsFile,
		},
	}
	if r.Auth.GitHubApp.ID == "" {
		return config, nil
	}
	address, name := r.Hosted()
	app, err := forge.NewApp(forge.Config{URL: address, Repository: name}, r.Auth.GitHubApp.ID, r.Auth.GitHubApp.Key)
	if err != nil {
		return config, err
	}
	config.Token = func(ctx context.Context) (gateway.Secret, error) {
		login, err := app.Login(ctx)
		return login.Token, err
	}
	config.Refused = func(token gateway.Secret) bool { return app.Refused(forge.Login{Token: token}) }
	return config, nil
}
