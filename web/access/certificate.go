package access

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Certificate is the certificate that the server shows. It is read again when one of its files has changed; connections that stand keep
// what they began with. It is safe for concurrent use; make one with NewCertificate.
type Certificate struct {
	certFile, keyFile string
	log               *zap.Logger

	mu    sync.Mutex
	shown *tls.Certificate
	read  [2]version
}

// version tells one content of a file from another.
type version struct {
	changed time.Time
	size    int64
}

// NewCertificate reads a certificate with its chain, and its private key, both in PEM.
func NewCertificate(certFile, keyFile string, log *zap.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	read, err := c.versions()
	if err == nil {
		err = c.load(read)
	}
	return c, err
}

// Config returns what a server needs to speak TLS 1.2 or newer with the certificate.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
}

// get returns the newest certificate that can be used. Files that can't be read leave the one before in its place.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := c.versions()
	if err == nil && now != c.read {
		if err = c.load(now); err == nil {
			c.log.Info("the certificate was read again", zap.Time("expires", c.shown.Leaf.NotAfter))
		} else {
			c.read = now // told once for each change
			c.log.Error("the new certificate can't be used: the one before stays", zap.Error(err))
		}
	}
	return c.shown, nil
}

func (c *Certificate) load(read [2]version) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate of tls.certFile: %w", err)
	}
	c.shown, c.read = &pair, read
	return nil
}

// Expires returns when the certificate that is shown ends.
func (c *Certificate) Expires() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.Leaf.NotAfter
}

func (c *Certificate) versions() (found [2]version, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return found, fmt.Errorf("read the certificate: %w", err)
		}
		found[i] = version{info.ModTime(), info.Size()}
	}
	return found, nil
}
