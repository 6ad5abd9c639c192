package replica

import (
	"context"
	"net"
	"net/http"
)

// Fence makes transport send nothing while leads returns an error: each piece that goes out to a connection is checked right
// before it does, so a process that was frozen in the middle of a request sends no more of it when it wakes. It must be called
// before the transport is used.
func Fence(transport *http.Transport, leads func() error) {
	dial := transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := leads(); err != nil {
			return nil, err
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return fenced{conn, leads}, nil
	}
}

// fenced is a connection that sends only for a leader.
type fenced struct {
	net.Conn
	leads func() error
}

// Write sends p, or returns the error of leads.
func (c fenced) Write(p []byte) (int, error) {
	if err := c.leads(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
