package render_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// TestExpiring holds the certificate of an archive, which is valid from 2025 to the end of 2054, against several clocks.
func TestExpiring(t *testing.T) {
	text, err := os.ReadFile("../testdata/faults/wrong-key.txtar")
	if err != nil {
		t.Fatal(err)
	}
	repo := repoOf(txtar.Parse(text))
	_, sound, _ := strings.Cut(string(repo["base/a.yaml"].Data), "  ok:")
	repo["base/a.yaml"].Data = []byte("ssls:\n  ok:" + sound)
	states, faults := renderAll(repo)
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	key := gateway.Key{Kind: gateway.SSLs, ID: "ok"}
	off := states["test/test-eu"][key]
	off.Spec = maps.Clone(off.Spec)
	off.Spec["status"] = int64(0)
	if found := render.Expiring(gateway.State{key: off}, 2700000000); len(found) != 1 || found[0].Severity != diag.Warning {
		t.Errorf("of an ssl that is switched off: %v, want a warning", found)
	}
	for day, want := range map[string]string{
		"2024-12-31": "base/a.yaml:4:11: cert of ssls/ok is valid only from 2025-01-01 on\n\thint: wait, or take another certificate; is the clock right?",
		"2026-01-01": "",
		"2054-12-01": "",
		"2054-12-03": "base/a.yaml:4:11: warning: cert of ssls/ok expires on 2055-01-01\n\thint: renew it in time",
		"2055-01-02": "base/a.yaml:4:11: cert of ssls/ok expired on 2055-01-01\n\thint: put a new certificate here",
	} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, render.Expiring(states["test/test-eu"], now.Unix()).Error()); diff != "" {
			t.Errorf("on %s (-want +got):\n%s", day, diff)
		}
	}
}
