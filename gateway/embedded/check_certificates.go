package embedded

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// checkCertificates parses what an ssl holds. As the real gateway it does not ask whether certificate, key and name belong
// together.
func checkCertificates(value map[string]any) error {
	certs, keys := pairs(value)
	if len(certs) != len(keys) {
		return errors.New("mismatched number of certs and keys")
	}
	for i := range certs {
		if err := checkCertificate(certs[i]); err != nil {
			return err
		}
		if err := checkKey(keys[i]); err != nil {
			return err
		}
	}
	client, _ := value["client"].(map[string]any)
	if ca, ok := client["ca"].(string); ok && checkCertificate(ca) != nil {
		return errors.New("failed to validate client_cert: " + errPEMCertificate.Error())
	}
	return nil
}

// pairs lists the certificates and the keys, the first pair first.
func pairs(value map[string]any) (certs, keys []string) {
	certs = append([]string{textOr(value["cert"], "")}, texts(value["certs"])...)
	keys = append([]string{textOr(value["key"], "")}, texts(value["keys"])...)
	return certs, keys
}

// isReference reports whether the text stands for one that a secret manager or the environment holds.
func isReference(text string) bool {
	return strings.HasPrefix(text, "$secret://") || strings.HasPrefix(text, "$env://") || strings.HasPrefix(text, "$ENV://")
}

func checkCertificate(text string) error {
	if isReference(text) {
		return nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errPEMCertificate
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return errPEMCertificate
	}
	return nil
}

func checkKey(text string) error {
	if isReference(text) {
		return nil
	}
	if !strings.HasPrefix(text, "-----") {
		return errors.New("failed to decrypt previous encrypted key")
	}
	if block, _ := pem.Decode([]byte(text)); block != nil {
		if _, err := parseKey(block.Bytes); err == nil {
			return nil
		}
	}
	return errors.New("failed to parse key: PEM_read_bio_PrivateKey() failed")
}

func parseKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w", err)
	}
	return key, nil
}

// certificates are the pairs that can be served: those whose key fits.
func certificates(value map[string]any) []tls.Certificate {
	certs, keys := pairs(value)
	var out []tls.Certificate
	for i := range min(len(certs), len(keys)) {
		if pair, err := tls.X509KeyPair([]byte(certs[i]), []byte(keys[i])); err == nil {
			out = append(out, pair)
		}
	}
	return out
}

var errPEMCertificate = errors.New("failed to parse cert: PEM_read_bio_X509_AUX() failed")
