package daemon

import (
	"context"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/web"
)

// withWebhooks adds the door for the webhooks of the forge, and lets each delivery ask for a look until ctx ends.
func (d *Daemon) withWebhooks(ctx context.Context, handler http.Handler) http.Handler {
	kind := d.now.Load().settings.Forge.Type
	if kind == "" {
		return handler
	}
	door := web.NewWebhooks(kind, d.webhookSecret, d.log.Named("webhook"))
	nudges := door.Nudges(ctx)
	go func() {
		for {
			select {
			case <-nudges:
				d.ask()
			case <-ctx.Done():
				return
			}
		}
	}()
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/"+kind, door)
	mux.Handle("/", handler)
	return mux
}

// webhookSecret is the secret of the reading of the daemon's file that is in force; it is not resolved when none is named.
func (d *Daemon) webhookSecret() (gateway.Secret, error) {
	s := d.now.Load().settings.Forge
	if s.WebhookSecretFile == "" {
		return gateway.Secret{}, nil
	}
	return s.WebhookSecret()
}
