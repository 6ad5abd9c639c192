package verify

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// Config says what a Verifier may ask, and how. The zero value allows no probe, knows no health and reads no metrics.
type Config struct {
	// Health answers for gateway groups by name: nil when every instance that can be asked is ready, else an error that names those
	// that are not. It must end with its context. A group without one can't be asked.
	Health map[string]func(context.Context) error
	// Probes says where probes may go; nil: nowhere.
	Probes Addresses
	// Prometheus is asked for metrics; nil: there is none.
	Prometheus *Prometheus
	// Values resolves what texts name at run time; nil: they stay unresolved, and such probes are faults.
	Values render.Values
	// Keys opens encrypted files with variables in them, where a Wave brings no Renderer; nil: they are faults.
	Keys environments.Decrypter
	// Transport sends probes. Nil means one that takes no proxy, makes a connection for each request, and refuses to connect to the
	// addresses that Addresses.Names must name.
	Transport http.RoundTripper
}

// Addresses says where probes may go. It must be safe for use by several goroutines at once.
type Addresses interface {
	// Allows reports whether a probe may ask for the address, without a look at what its host resolves to.
	Allows(address *url.URL) bool
	// Names reports whether the address is allowed as it is, and not only by a name that resolves to it.
	Names(address netip.Addr) bool
}

// Verifier verifies waves. It is safe for use by several goroutines at once. New makes one.
type Verifier struct{ config Config }

// New returns a Verifier.
func New(config Config) *Verifier {
	if config.Transport == nil {
		config.Transport = careful(config.Probes)
	}
	return &Verifier{config: config}
}

// Faults returns what is wrong with the rollout.verify of a wave's environment, and with the metrics of its canaries, as far as can be told without asking anyone but the
// places of secrets. The list is empty when the wave can be verified.
func (v *Verifier) Faults(w Wave) diag.List {
	return v.faults(w, false)
}

// Syntax returns the faults of a wave that are to be seen without the daemon's file: of texts, addresses, regular expressions and
// paths. Run-time values are taken to be there.
func Syntax(w Wave) diag.List {
	return New(Config{}).faults(w, true)
}
