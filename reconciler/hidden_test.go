package reconciler_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair makes a certificate and its private key, written in two ways, indented as YAML blocks.
func pair(t *testing.T) (cert, key, same string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		text := strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
		return "|\n      " + strings.ReplaceAll(text, "\n", "\n      ")
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", pkcs8), block("EC PRIVATE KEY", sec1)
}

// TestAPrivateKeyIsReplacedThoughTheGatewayHidesIt gives a certificate its key in another form: nothing that the gateway shows
// differs.
func TestAPrivateKeyIsReplacedThoughTheGatewayHidesIt(t *testing.T) {
	r := newRig(t)
	cert, before, after := pair(t)
	r.write("-- base/tls.yaml --\nssls:\n  shop:\n    snis: [a.test]\n    cert: " + cert + "\n    key: " + before + "\n")
	r.commit("a certificate")
	r.pass()
	r.writes()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a key that is the same was written: %v", writes)
	}
	r.write("-- base/tls.yaml --\nssls:\n  shop:\n    snis: [a.test]\n    cert: " + cert + "\n    key: " + after + "\n")
	r.commit("its key in another form")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	put := []string{"PUT ssls/shop"}
	if diff := cmp.Diff(map[string][]string{"test": put, "uat": put, "prod-eu": put, "prod-us": put}, r.writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	r.restart()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("after a restart the key was written again: %v", writes)
	}
}

// values knows one secret.
type values struct{}

func (values) Env(string) (string, error)    { return "", errors.New("none") }
func (values) Secret(string) (string, error) { return "canary-5c21", nil }

// TestAPlanThatRemovesASecretDoesNotShowIt takes a secret out of the config repo, from a place where nobody would look for one.
func TestAPlanThatRemovesASecretDoesNotShowIt(t *testing.T) {
	for name, after := range map[string]string{
		"replaced by a plain text": "routes:\n  r: {service_id: users, uri: /r, plugins: {proxy-rewrite: {headers: {set: {X-Auth: plain}}}}}\n",
		"plugin removed":           "routes:\n  r: {service_id: users, uri: /r}\n",
		"route removed":            "routes: {}\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.config.Values = values{}
			r.restart()
			r.write("-- base/secret.yaml --\nroutes:\n  r: {service_id: users, uri: /r, plugins: {proxy-rewrite: {headers: {set: {X-Auth: \"${secret(a)}\"}}}}}\n")
			r.commit("a secret in a header")
			r.pass()
			r.writes()
			r.pass()
			if writes := r.writes(); len(writes) > 0 {
				t.Errorf("a second pass wrote %v", writes)
			}
			r.write("-- base/secret.yaml --\n" + after)
			r.commit("no secret any more")
			snapshot, err := r.source.Latest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tree, err := r.Load(snapshot)
			if err != nil {
				t.Fatal(err)
			}
			plans, err := r.Plan(t.Context(), snapshot, tree, "prod")
			if err != nil || plans[0].Plan.Empty() {
				t.Fatalf("plans %+v, %v", plans, err)
			}
			var text strings.Builder
			plans[0].Plan.Text(&text, "prod", "prod-eu", nil)
			document, err := json.Marshal(plans[0].Plan.Document("prod", "prod-eu", ""))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String()+string(document), "canary-5c21") {
				t.Errorf("the secret shows:\n%s\n%s", text.String(), document)
			}
			r.pass()
			r.wantStates("test applied, uat applied, prod applied")
		})
	}
}
