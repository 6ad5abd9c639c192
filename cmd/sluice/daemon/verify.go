package daemon

import (
	"context"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/verify"
)

// askedAtOnce is how many connections are kept for asking the instances of one group, or Prometheus.
const askedAtOnce = 4

// Verifier returns what verifies waves, by the daemon's own file: it says where probes may go, which instances are asked for their
// health, and where metrics are read.
func Verifier(s settings.Settings, groups *Groups) (*verify.Verifier, error) {
	config := verify.Config{
		Health: map[string]func(context.Context) error{}, Probes: s.Addresses(), Values: s.Values(), Keys: Keys(s.SOPS),
	}
	for name, group := range s.GatewayGroups {
		healthy, err := groups.health(name, group)
		if err != nil {
			return nil, err
		}
		if healthy != nil {
			config.Health[name] = healthy
		}
	}
	server, err := prometheus(s.Prometheus)
	if err != nil {
		return nil, err
	}
	config.Prometheus = server
	return verify.New(config), nil
}

// health returns what asks the instances of a group; nil when there is nobody to ask.
func (g *Groups) health(name string, group settings.GatewayGroup) (func(context.Context) error, error) {
	if running := g.Embedded(name); running != nil {
		return func(context.Context) error { return running.Ready() }, nil
	}
	var instances verify.Instances
	for _, i := range group.Instances {
		if i.StatusURL != "" {
			instances.URLs = append(instances.URLs, i.StatusURL)
		}
	}
	if group.Type == settings.Embedded && group.Listen.Control != "" { // a daemon runs it elsewhere
		instances.URLs = append(instances.URLs, "http://"+group.Listen.Control)
	}
	if len(instances.URLs) == 0 {
		return nil, nil
	}
	transport, err := admin.NewTransport(admin.TLS(group.TLS), askedAtOnce)
	if err != nil {
		return nil, fmt.Errorf("gateway group %q: %w", name, err)
	}
	transport.Proxy = nil
	instances.Transport = transport
	return instances.Ready, nil
}

func prometheus(p settings.Prometheus) (*verify.Prometheus, error) {
	if p.URL == "" {
		return nil, nil
	}
	transport, err := admin.NewTransport(admin.TLS{CAFile: p.CAFile}, askedAtOnce)
	if err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	server := &verify.Prometheus{URL: p.URL, Transport: transport}
	if p.TokenFile != "" {
		server.Token = p.Token
	}
	return server, nil
}
