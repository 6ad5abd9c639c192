package metrics

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// TestTheFirstCertificateToEndCounts looks at two ssls, one of which is renewed by a secret: its digest stays the same.
func TestTheFirstCertificateToEndCounts(t *testing.T) {
	early, late := certificate(t, 1900000000), certificate(t, 2000000000)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.show(env("prod", "a", record.Applied, "eu", "us"))
		r.metrics.Holds("prod", "eu", "digest", gateway.State{one("a"): ssl("a", late), one("b"): ssl("b", early)})
		r.metrics.Holds("prod", "us", "other", gateway.State{})
		line := "sluice_certificate_expiry_timestamp_seconds{group=\"eu\"} %s\n"
		check(t, "the first", fmt.Sprintf(line, "1.9e+09"), r.read(t, "sluice_certificate"))

		renewed := gateway.State{one("a"): ssl("a", late), one("b"): ssl("b", late)}
		r.metrics.Holds("prod", "eu", "digest", renewed)
		time.Sleep(lookAgain)
		r.metrics.Holds("prod", "eu", "digest", renewed)
		check(t, "renewed", fmt.Sprintf(line, "2e+09"), r.read(t, "sluice_certificate"))

		r.show(reconciler.EnvironmentStatus{Name: "prod"})
		check(t, "gone", "", r.read(t, "sluice_certificate"))
	})
}

func one(id string) gateway.Key { return gateway.Key{Kind: gateway.SSLs, ID: id} }

func ssl(id, cert string) gateway.Resource {
	return gateway.Resource{Key: one(id), Spec: map[string]any{"cert": cert}}
}

func certificate(t *testing.T, until int64) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(until, 0)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}
