package daemon

import (
	"net/http"

	"github.com/sluice-gitops/sluice/replica"
)

// outward carries requests to the forge and to receivers of notifications. Where replicas share the journal it sends nothing while this one
// can't prove that it leads: one that was frozen must not say over what another has said meanwhile. Nil: the usual transport.
func (d *Daemon) outward() http.RoundTripper {
	if d.replicas == nil {
		return nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	replica.Fence(transport, d.replicas.leads)
	return transport
}

// mayPush is asked before anything is pushed to the config repo; nil: this process is the only one that does.
func (d *Daemon) mayPush() func() error {
	if d.replicas == nil {
		return nil
	}
	return d.replicas.leads
}
