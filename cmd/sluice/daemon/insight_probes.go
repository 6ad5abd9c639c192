package daemon

import (
	"cmp"
	"context"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/control"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/verify"
)

// backend says what stands behind a gateway group, and how its instances are asked for their health.
func (d *Daemon) backend(name string) insight.Backend {
	w := d.now.Load()
	group, ok := w.settings.GatewayGroups[name]
	if !ok {
		return insight.Backend{}
	}
	backend := insight.Backend{Type: cmp.Or(group.Type, settings.APISIX)}
	if running := w.groups.Embedded(name); running != nil {
		backend.Instances = []insight.Probe{{Name: "inside the daemon", Ask: func(context.Context) error { return running.Ready() }}}
		return backend
	}
	if backend.Type == settings.API7 {
		backend.Why = "the control plane is not asked for its data planes: name them under instances in the daemon's file, each with its statusURL"
	}
	for _, instance := range group.Instances {
		backend.Instances = append(backend.Instances, w.groups.probe(name, instance, group.TLS))
	}
	return backend
}

// What an instance does not say at the addresses that the daemon's file has of it.
const (
	shortOfControl = "its control API answers; only a statusURL tells whether all its workers have a configuration"
	shortOfAdmin   = "it has a configuration; only a statusURL tells whether all its workers do"
	shortOfAll     = "a proxyURL says nothing of health: give it a statusURL"
)

// probe asks one instance at the address that says most.
func (g *Groups) probe(group string, instance settings.Instance, trust settings.TLS) insight.Probe {
	probe := insight.Probe{Name: withoutLogin(cmp.Or(instance.StatusURL, instance.ControlURL, instance.AdminURL, instance.ProxyURL))}
	configured := g.configured[group]
	switch {
	case instance.StatusURL != "":
		probe.Ask = asked(trust, func(ctx context.Context, transport http.RoundTripper) error {
			return verify.Instances{URLs: []string{instance.StatusURL}, Transport: transport}.Ready(ctx)
		})
	case configured != nil:
		probe.Short = shortOfAdmin
		probe.Ask = func(ctx context.Context) error { return configured(ctx, instance.AdminURL) }
	case instance.ControlURL != "":
		probe.Short = shortOfControl
		probe.Ask = asked(trust, func(ctx context.Context, transport http.RoundTripper) error {
			client := &http.Client{Transport: transport, CheckRedirect: admin.StayHere}
			return control.Answers(ctx, client, instance.ControlURL)
		})
	default:
		probe.Short = shortOfAll
	}
	return probe
}

// asked asks over connections that end with the question: people look now and then.
func asked(trust settings.TLS, ask func(context.Context, http.RoundTripper) error) func(context.Context) error {
	return func(ctx context.Context) error {
		transport, err := admin.NewTransport(admin.TLS(trust), 1)
		if err != nil {
			return err
		}
		transport.Proxy, transport.DisableKeepAlives = nil, true
		return ask(ctx, transport)
	}
}
