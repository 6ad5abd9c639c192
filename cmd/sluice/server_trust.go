package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// trusting returns a transport that trusts the certificate in a file, whatever name it is for, besides what the system trusts: who can
// read the daemon's own file knows its certificate better than any authority.
func trusting(certFile string) (*http.Transport, error) {
	text, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("read the daemon's certificate: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("read the daemon's certificate: %s holds none in PEM", certFile)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{
		InsecureSkipVerify: true, // it is verified below
		VerifyConnection:   func(state tls.ConnectionState) error { return isTrusted(state, block.Bytes) },
	}
	return transport, nil
}

func isTrusted(state tls.ConnectionState, known []byte) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate is shown")
	}
	shown := state.PeerCertificates[0]
	if bytes.Equal(shown.Raw, known) {
		return nil
	}
	options := x509.VerifyOptions{DNSName: state.ServerName, Intermediates: x509.NewCertPool()}
	for _, more := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(more)
	}
	_, err := shown.Verify(options)
	return err
}
