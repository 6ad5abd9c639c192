package access_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/web/access"
)

// certify writes a certificate with this number, and its key.
func certify(t *testing.T, certFile, keyFile string, number int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Duration(number) * time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	// As a tool would that renews: each file is replaced whole, one after the other.
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		text := append(pem.EncodeToMemory(block), bytes.Repeat([]byte("\n"), int(number))...) // another size each time
		must(t, os.WriteFile(name+".new", text, 0o600))
		must(t, os.Rename(name+".new", name))
	}
}

// TestACertificateIsRenewedUnderway renews it while a connection stands, breaks it, and mends it.
func TestACertificateIsRenewedUnderway(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certify(t, certFile, keyFile, 1)
	certificate, err := access.NewCertificate(certFile, keyFile, zap.NewNop())
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{TLSConfig: certificate.Config(), Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, req.Proto, " ", req.RemoteAddr)
	})}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	defer server.Close()
	client := func() *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	}
	ask := func(by *http.Client) (int64, string) {
		answer, err := by.Get("https://" + listener.Addr().String())
		must(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		return answer.TLS.PeerCertificates[0].SerialNumber.Int64(), string(text)
	}
	standing := client()
	shown, before := ask(standing)
	if shown != 1 || before[:6] != "HTTP/2" {
		t.Errorf("at first: certificate %d, %s", shown, before)
	}
	certify(t, certFile, keyFile, 2)
	if shown, after := ask(standing); shown != 1 || after != before {
		t.Errorf("the connection that stood is another one: %s, then %s", before, after)
	}
	if shown, _ := ask(client()); shown != 2 {
		t.Errorf("a new connection is shown certificate %d", shown)
	}
	if left := time.Until(certificate.Expires()); left < time.Hour || left > 2*time.Hour {
		t.Errorf("it ends in %v", left)
	}
	must(t, os.WriteFile(keyFile, []byte("half a key"), 0o600))
	if shown, _ := ask(client()); shown != 2 {
		t.Errorf("with a broken file certificate %d is shown", shown)
	}
	must(t, os.Remove(certFile))
	if shown, _ := ask(client()); shown != 2 {
		t.Errorf("without a file certificate %d is shown", shown)
	}
	certify(t, certFile, keyFile, 3)
	if shown, _ := ask(client()); shown != 3 {
		t.Errorf("when it is mended certificate %d is shown", shown)
	}
	if _, err := access.NewCertificate(keyFile, certFile, zap.NewNop()); err == nil {
		t.Error("files that hold no certificate are taken")
	}
}
