package embedded

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// links keeps the connections to upstreams: one pool for each client certificate, and one without. Nodes of all upstreams
// share a pool, so that a write of an upstream cuts no connection.
type links struct {
	mu    sync.Mutex
	pools map[[sha256.Size]byte]*http.Transport
}

// link is what a new connection needs to know, carried in the request's context.
type link struct {
	connect     time.Duration
	name        string // the Host header, and for TLS the server name
	certificate *tls.Certificate
}

type linkKey struct{}

func withLink(ctx context.Context, l link) context.Context {
	return context.WithValue(ctx, linkKey{}, l)
}

func newLinks() *links { return &links{pools: map[[sha256.Size]byte]*http.Transport{}} }

func (l *links) transport(certificate *tls.Certificate) *http.Transport {
	var key [sha256.Size]byte
	if certificate != nil {
		key = sha256.Sum256(certificate.Certificate[0])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if pool, ok := l.pools[key]; ok {
		return pool
	}
	pool := &http.Transport{
		DialContext: dial, DialTLSContext: dialTLS, MaxIdleConnsPerHost: 320, IdleConnTimeout: time.Minute,
		DisableCompression: true,
	}
	l.pools[key] = pool
	return pool
}

func (l *links) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pool := range l.pools {
		pool.CloseIdleConnections()
	}
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	l, _ := ctx.Value(linkKey{}).(link)
	dialer := net.Dialer{Timeout: l.connect}
	return dialer.DialContext(ctx, network, address)
}

// dialTLS doesn't verify the upstream's certificate: tls.verify is false unless set, and the set form is stored only.
func dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l, _ := ctx.Value(linkKey{}).(link)
	config := &tls.Config{ServerName: hostName(l.name), InsecureSkipVerify: true}
	if l.certificate != nil {
		config.Certificates = []tls.Certificate{*l.certificate}
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}
