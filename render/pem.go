package render

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// chainOf parses certificates in PEM. It reports false when the text can't be known here.
func chainOf(v any) (chain []*x509.Certificate, readable bool, err error) {
	text, ok := known(v)
	if !ok {
		return nil, false, nil
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, true, errors.New("it holds something that is no certificate")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil && strings.Contains(err.Error(), "unsupported") {
			return nil, false, nil // of an algorithm that the gateway may know, and Go doesn't
		}
		if err != nil {
			return nil, true, errors.New("it is no X.509 certificate")
		}
		chain = append(chain, certificate)
	}
	if len(chain) == 0 {
		return nil, true, errors.New("it is not in PEM")
	}
	return chain, true, nil
}

// known returns the text of a value, unless the gateway or the daemon only gets to know it later.
func known(v any) (string, bool) {
	text, ok := v.(string)
	if secret, sealed := v.(gateway.Secret); sealed {
		text, ok = secret.Reveal(), secret.Resolved()
	}
	reference := strings.HasPrefix(text, "$secret://") || strings.HasPrefix(strings.ToLower(text), "$env://")
	return text, ok && !reference
}
