package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/metrics"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/trace"
)

// telemetry is what the daemon tells of itself in numbers and traces.
type telemetry struct {
	metrics   *metrics.Metrics
	tracer    *trace.Tracer // nil: no traces are made
	journeys  journeys
	delivered delivered
}

// openTelemetry begins to count, and to trace where the daemon's file says so.
func (d *Daemon) openTelemetry(ctx context.Context, s settings.Settings) (err error) {
	d.telemetry.metrics = metrics.New(metrics.Config{
		Version: d.options.Version, Revision: d.options.Commit, Status: d.Status, Journal: d.Journal, Leads: d.isLeader,
		Rendered: d.rendered, Dropped: d.options.Dropped, Webhooks: d.deliveries, Troubles: d.troublesSince, Certificate: d.certificateEnds,
	})
	if s.Traces.OTLP.Endpoint == "" {
		return nil
	}
	trust, err := trustedBy(s.Traces.OTLP.CAFile)
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	d.telemetry.tracer, err = trace.New(ctx, trace.Config{
		Endpoint: s.Traces.OTLP.Endpoint, Header: s.Traces.OTLP.Headers, TLS: trust, Ratio: s.Traces.OTLP.Ratio,
		Version: d.options.Version, Log: d.log.Named("trace"),
	})
	if err == nil {
		d.log.Info("traces are sent", zap.String("url", s.Traces.OTLP.Endpoint), zap.Float64("ratio", s.Traces.OTLP.Ratio))
	}
	return err
}

// trustedBy trusts the authorities of a PEM file; without one those of the system.
func trustedBy(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s: no PEM certificate in it", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// closeTime bounds how long the last spans may take to be sent.
const closeTime = 3 * time.Second

func (d *Daemon) closeTelemetry() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return d.telemetry.tracer.Close(ctx)
}

// metricsHandler answers what Prometheus asks.
func (d *Daemon) metricsHandler() http.Handler { return d.telemetry.metrics.Handler() }

// isLeader reports whether this process is the one that acts.
func (d *Daemon) isLeader() bool {
	w := d.now.Load()
	return w != nil && w.reconciler != nil && d.replicas.leads() == nil
}

func (d *Daemon) rendered() (render.Stats, bool) {
	if w := d.now.Load(); w != nil && w.reconciler != nil {
		return w.reconciler.Rendered(), true
	}
	return render.Stats{}, false
}

// deliveries counts the deliveries of webhooks; there are none without a forge.
func (d *Daemon) deliveries() (source string, counts map[string]int) {
	door := d.hooks.Load()
	if door == nil {
		return "", nil
	}
	return d.now.Load().settings.Forge.Type, door.Counts()
}

// troublesSince says since when others have not taken what they are sent.
func (d *Daemon) troublesSince() map[string]time.Time {
	since := map[string]time.Time{}
	for _, trouble := range d.Troubles() {
		since[trouble.What] = trouble.Since
	}
	return since
}

// counted passes the steps of a wiring on to whoever counts and traces, and then to next.
func (d *Daemon) counted(next func(reconciler.Event)) func(reconciler.Event) {
	return func(e reconciler.Event) {
		d.telemetry.metrics.Event(e)
		d.telemetry.journeys.step(d.telemetry.tracer, e, d.Status)
		next(e)
	}
}
