package admin_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// writeCertificate puts a new key and a certificate for it into the two files.
func writeCertificate(t *testing.T, name, certFile, keyFile string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAClientCertificateCanBeRotated: the next connection shows the new one, and one that can't be read is an error with its name.
func TestAClientCertificateCanBeRotated(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	files := admin.TLS{InsecureSkipVerify: true, CertFile: filepath.Join(dir, "cert"), KeyFile: filepath.Join(dir, "key")}
	if _, err := admin.NewTransport(files, 1); err == nil {
		t.Error("a certificate that is not there is no fault")
	}
	writeCertificate(t, "first", files.CertFile, files.KeyFile)
	transport, err := admin.NewTransport(files, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := func() (string, error) {
		transport.CloseIdleConnections()
		answer, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		name, err := io.ReadAll(answer.Body)
		return string(name), err
	}
	for _, name := range []string{"first", "second"} {
		writeCertificate(t, name, files.CertFile, files.KeyFile)
		if got, err := seen(); got != name || err != nil {
			t.Errorf("shown: %q, %v, want %q", got, err, name)
		}
	}
	if err := os.Remove(files.KeyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := seen(); err == nil || !strings.Contains(err.Error(), "read client certificate") {
		t.Errorf("without its key: %v", err)
	}
}
