package apply_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificates are pairs of certificate and key by name, as texts for a JSON body. The name is the certificate's common name.
type certificates map[string]struct {
	cert, key string
	pair      tls.Certificate
}

func newCertificates(t *testing.T, names ...string) certificates {
	t.Helper()
	all := certificates{}
	for i, name := range names {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"a.test", "b.test"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		one := all[name]
		one.cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		one.key = string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}))
		one.pair = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
		all[name] = one
	}
	return all
}

// fill writes a certificate in the place of "#name" and its key in the place of "#name.key".
func (c certificates) fill(text string) string {
	for name, pair := range c {
		cert, _ := json.Marshal(pair.cert)
		key, _ := json.Marshal(pair.key)
		text = strings.ReplaceAll(text, `"#`+name+`"`, string(cert))
		text = strings.ReplaceAll(text, `"#`+name+`.key"`, string(key))
	}
	return text
}

// shake makes a handshake for a server name, with a client certificate if one is named, and says whose certificate the server showed.
// The answer to a request shows whether the server took that of the client.
func (w *world) shake(name, client string) seen {
	config := &tls.Config{ServerName: name, InsecureSkipVerify: true}
	if client != "" {
		config.Certificates = []tls.Certificate{w.certificates[client].pair}
	}
	conn, err := tls.DialWithDialer(w.dialer, "tcp", w.gw.TLSAddr(), config)
	if err != nil {
		return seen{status: "no handshake"}
	}
	defer func() { _ = conn.Close() }()
	got := seen{status: "handshake", backend: conn.ConnectionState().PeerCertificates[0].Subject.CommonName}
	if client == "" {
		return got
	}
	if _, err := conn.Write([]byte("GET /x HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n")); err != nil {
		return seen{status: "client refused"}
	}
	if n, err := conn.Read(make([]byte, 12)); err != nil || n == 0 {
		return seen{status: "client refused"}
	}
	return got
}
