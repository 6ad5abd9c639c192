package daemon

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/page"
)

// openDoor decides who may come in, and reads the certificate that they are shown.
func (d *Daemon) openDoor(s settings.Settings) error {
	config, err := accessOf(s)
	if err != nil {
		return err
	}
	if d.door, err = access.NewDoor(config, d.showLogin, d.log.Named("access")); err != nil {
		return err
	}
	if s.TLS.Used() {
		d.certificate, err = access.NewCertificate(s.TLS.CertFile, s.TLS.KeyFile, d.log.Named("tls"))
	}
	return err
}

// handler is everything that the daemon answers over HTTP, made in this one place. Webhooks ask for a look until ctx ends.
func (d *Daemon) handler(ctx context.Context) *web.Handler {
	config := web.Config{
		Door: d.door, Reconciler: d, Journal: d.Journal, Insight: d.Insight(), Acts: d.acts(), Troubles: d.Troubles, Log: d.log.Named("web"),
		Routes: []web.Route{
			{Pattern: "GET /metrics", Needs: access.Scraper, Handler: d.metricsHandler()},
			{Pattern: "GET /pulls/{number}", Needs: access.Viewer, Handler: http.HandlerFunc(d.showPull)},
		},
	}
	d.page = d.openPage(d.door.CanLogIn)
	config.Nowhere, config.Trouble = d.page, d.showTrouble
	for _, pattern := range page.Patterns() {
		needs := access.Viewer
		if strings.HasPrefix(pattern, "GET /assets/") {
			needs = access.Nobody
		}
		config.Routes = append(config.Routes, web.Route{Pattern: pattern, Needs: needs, Handler: d.page})
	}
	if d.replicas != nil {
		config.Role = d.role
	}
	if kind := d.now.Load().settings.Forge.Type; kind != "" {
		config.Routes = append(config.Routes, web.Route{Pattern: "POST /webhooks/" + kind, Handler: d.webhooks(ctx, kind)})
	}
	return web.New(config)
}

// showLogin shows the ways to log in.
func (d *Daemon) showLogin(w http.ResponseWriter, req *http.Request, status int, view access.LoginView) {
	d.page.Login(w, req, status, page.Login{OIDC: view.OIDC, Tokens: view.Tokens, Next: view.Next, Trouble: view.Trouble})
}

// showTrouble shows why what a form asked for was not done.
func (d *Daemon) showTrouble(w http.ResponseWriter, req *http.Request, status int, detail string) {
	d.page.Notice(w, req, status, page.Notice{
		Title: "That was not done", Text: detail, Action: page.Action{Label: "Back", URL: access.Local(req.PostFormValue("next"))},
	})
}

// serve answers over HTTP until the server is shut down.
func (d *Daemon) serve(server *http.Server) error {
	var err error
	if d.certificate != nil {
		server.TLSConfig = d.certificate.Config()
		err = server.ServeTLS(d.listener, "", "")
	} else {
		err = server.Serve(d.listener)
	}
	return fmt.Errorf("serve the API: %w", err)
}

// URL is the address that is listened at.
func (d *Daemon) URL() string {
	if d.certificate != nil {
		return "https://" + d.Address()
	}
	return "http://" + d.Address()
}

// certificateEnds returns when the certificate of the API ends; zero without one.
func (d *Daemon) certificateEnds() time.Time {
	if d.certificate == nil {
		return time.Time{}
	}
	return d.certificate.Expires()
}

// webhooks is the door for the webhooks of the forge. Each delivery asks for a look until ctx ends.
func (d *Daemon) webhooks(ctx context.Context, kind string) http.Handler {
	door := web.NewWebhooks(kind, d.webhookSecret, d.log.Named("webhook"))
	door.Accepted = func(header http.Header) { d.telemetry.delivered.came(trace.From(header.Get)) }
	d.hooks.Store(door)
	nudges := door.Nudges(ctx)
	go func() {
		for {
			select {
			case <-nudges:
				d.askAnywhere()
			case <-ctx.Done():
				return
			}
		}
	}()
	return door
}

// webhookSecret is the secret of the reading of the daemon's file that is in force; it is not resolved when none is named.
func (d *Daemon) webhookSecret() (gateway.Secret, error) {
	s := d.now.Load().settings.Forge
	if s.WebhookSecretFile == "" {
		return gateway.Secret{}, nil
	}
	return s.WebhookSecret()
}

// showPull shows the plan of a pull request that was too long for a comment.
func (d *Daemon) showPull(w http.ResponseWriter, r *http.Request) {
	if shown := d.now.Load().pulls.previewer; shown != nil {
		shown.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}
