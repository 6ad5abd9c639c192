package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// backend is what stands behind the gateways of one environment: it answers every request with what it received.
type backend struct {
	environment string
	listener    net.Listener
	server      *http.Server
}

func startBackend(environment string) (*backend, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start backend of %s: %w", environment, err)
	}
	b := &backend{environment: environment, listener: listener}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second}
	go b.server.Serve(listener) //nolint:errcheck // it ends with ErrServerClosed when close is called
	return b, nil
}

func (b *backend) address() string { return b.listener.Addr().String() }

func (b *backend) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	b.server.Shutdown(ctx) //nolint:errcheck // the process ends anyway
}

// ServeHTTP echoes the request as JSON.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Backend", b.environment)
	// A client that went away is its own affair.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"backend": b.environment, "method": r.Method, "path": r.URL.Path, "consumer": r.Header.Get("X-Consumer-Username"),
	})
}
