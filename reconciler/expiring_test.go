package reconciler_test

import (
	"strings"
	"testing"
)

// TestAPlanNamesTheCertificateThatEnds though there is nothing to write.
func TestAPlanNamesTheCertificateThatEnds(t *testing.T) {
	r := newRig(t)
	cert, key, _ := pair(t)
	r.write("-- base/tls.yaml --\nssls:\n  shop:\n    snis: [a.test]\n    cert: " + cert + "\n    key: " + key + "\n")
	r.commit("a certificate")
	r.pass()
	snapshot, err := r.config.Source.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.Load(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := r.Plan(t.Context(), snapshot, tree, "test")
	if err != nil || len(plans) != 1 || !plans[0].Plan.Empty() {
		t.Fatalf("%+v, %v", plans, err)
	}
	if warned := plans[0].Plan.Warnings.Error(); strings.Count(warned, "cert of ssls/shop expires on") != 1 || !strings.Contains(warned, "base/tls.yaml:") {
		t.Errorf("warns of %q", warned)
	}
}
