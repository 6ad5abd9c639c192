package admin

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

// TLS says whom to trust and who we are. The zero value trusts the system's authorities and shows no certificate.
type TLS struct {
	CAFile             string // PEM, trusted instead of the system's authorities
	CertFile, KeyFile  string // PEM, the client certificate
	InsecureSkipVerify bool   // trusts anyone; for trials only
}

// NewTransport returns a transport that keeps up to parallel connections for reuse.
func NewTransport(files TLS, parallel int) (*http.Transport, error) {
	config, err := files.config()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = parallel, parallel
	return transport, nil
}

func (files TLS) config() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: files.InsecureSkipVerify}
	if files.CAFile != "" {
		pem, err := os.ReadFile(files.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %s: no PEM certificate in it", files.CAFile)
		}
	}
	if files.CertFile != "" || files.KeyFile != "" {
		if _, err := files.certificate(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = files.certificate
	}
	return config, nil
}

// certificate reads the client certificate: for each connection anew, so that it can be rotated.
func (files TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	return &cert, nil
}
