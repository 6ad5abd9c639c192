package render

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// TestNamesOfCertificates holds which names a certificate is for: the common name counts only where it has no others.
func TestNamesOfCertificates(t *testing.T) {
	for _, tt := range []struct {
		common string
		others []string
		name   string
		want   bool
	}{
		{"a.example", nil, "A.example", true},
		{"a.example", nil, "b.example", false},
		{"*.example", nil, "b.example", true},
		{"*.example", nil, "c.b.example", false},
		{"a.example", []string{"b.example"}, "a.example", false},
		{"a.example", []string{"b.example"}, "b.example", true},
		{"", nil, "a.example", false},
	} {
		leaf := &x509.Certificate{Subject: pkix.Name{CommonName: tt.common}, DNSNames: tt.others}
		if got := covers([]*x509.Certificate{leaf}, tt.name); got != tt.want {
			t.Errorf("%q %v for %s: %v, want %v", tt.common, tt.others, tt.name, got, tt.want)
		}
	}
}

// TestUncoveredOfWhatIsOff holds that an ssl that no client sees is warned about only.
func TestUncoveredOfWhatIsOff(t *testing.T) {
	leaf := &x509.Certificate{DNSNames: []string{"a.example"}}
	for status, want := range map[int64]diag.Severity{0: diag.Warning, 1: diag.Error} {
		ssl := gateway.Resource{Key: gateway.Key{Kind: gateway.SSLs, ID: "s"}, Origin: &gateway.Origin{},
			Spec: map[string]any{"sni": "b.example", "status": status}}
		if found := uncovered(ssl, []*x509.Certificate{leaf}); len(found) != 1 || found[0].Severity != want {
			t.Errorf("status %d: %v, want one %s", status, found, want)
		}
	}
}
