package conformance

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// checkTraffic sends requests without a pause while the gateway goes from one state to the other and back.
func (s *suite) checkTraffic(ctx context.Context, m move) error {
	if s.target.ProxyURL == "" {
		return skip("no proxy URL is given")
	}
	a, err := s.backend("a")
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := s.backend("b")
	if err != nil {
		return err
	}
	defer b.Close()
	before, after := m.states(a.address, b.address)
	if err := s.reach(ctx, before); err != nil {
		return err
	}
	clients := &clients{proxy: strings.TrimRight(s.target.ProxyURL, "/"), expect: m.expect}
	if err := clients.served(ctx); err != nil {
		return err
	}
	stop := clients.start(ctx)
	for _, state := range []gateway.State{after, before} {
		if err = s.reach(ctx, state); err != nil {
			break
		}
	}
	stop()
	if err != nil {
		return err
	}
	return clients.verdict()
}

// backend is an HTTP server that says its name.
type backend struct {
	*http.Server
	address string
}

func (s *suite) backend(name string) (*backend, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(s.target.BackendAddr, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen for a backend: %w", err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(backendHeader, name) })
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) // it ends with Close
	return &backend{server, listener.Addr().String()}, nil
}

const backendHeader = "X-Conformance-Backend"
