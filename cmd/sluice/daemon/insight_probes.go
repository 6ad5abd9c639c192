package daemon

import (
	"cmp"
	"context"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway/admin"
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
	for _, instance := range group.Instances {
		backend.Instances = append(backend.Instances, probeOf(instance, group.TLS))
	}
	return backend
}

// probeOf asks one instance over connections that end with the question: people look now and then.
func probeOf(instance settings.Instance, trust settings.TLS) insight.Probe {
	probe := insight.Probe{Name: withoutLogin(cmp.Or(instance.StatusURL, instance.ControlURL, instance.AdminURL, instance.ProxyURL))}
	if instance.StatusURL == "" {
		return probe
	}
	probe.Ask = func(ctx context.Context) error {
		transport, err := admin.NewTransport(admin.TLS(trust), 1)
		if err != nil {
			return err
		}
		transport.Proxy, transport.DisableKeepAlives = nil, true
		return verify.Instances{URLs: []string{instance.StatusURL}, Transport: http.RoundTripper(transport)}.Ready(ctx)
	}
	return probe
}
