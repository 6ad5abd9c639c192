package reconciler_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestDriftIsHealedWhileASecretIsAway bends a resource without a secret and one with it while nobody tells what the secret is: the first
// is put back, though the applied commit is the head, and the second stays until the secret is known.
func TestDriftIsHealedWhileASecretIsAway(t *testing.T) {
	r, s := newSecretRig(t, "")
	before := r.lastEntry("prod", "prod-us")
	s.mu.Lock()
	s.away = true
	s.mu.Unlock()
	r.restart()
	bent := map[string]any{"uri": "/headed", "service_id": "users", "desc": "by hand", "labels": map[string]any{"managed-by": "sluice"}}
	r.put("prod-us", "routes/users", byHand)
	r.put("prod-us", "routes/headed", bent)
	r.put("prod-us", "routes/mine", map[string]any{"uri": "/mine", "service_id": "users"})
	r.writes()
	r.pass()
	if diff := cmp.Diff(map[string][]string{"prod-us": {"PUT routes/users"}}, r.writes()); diff != "" {
		t.Errorf("writes while the secret is away (-want +got):\n%s", diff)
	}
	r.wantStates("test planning, uat planning, prod planning")
	healed := r.lastEntry("prod", "prod-us")
	if healed.Reason != "drift" || healed.State != "applied" || healed.Digest != before.Digest || healed.Live != "" {
		t.Errorf("journal: %+v", healed)
	}
	if diff := cmp.Diff(before.Inventory, healed.Inventory); diff != "" {
		t.Errorf("inventory (-before +healed):\n%s", diff)
	}
	s.mu.Lock()
	s.away = false
	s.mu.Unlock()
	r.Retry()
	r.pass()
	if diff := cmp.Diff(map[string][]string{"prod-us": {"PUT routes/headed"}}, r.writes()); diff != "" {
		t.Errorf("writes once the secret is known (-want +got):\n%s", diff)
	}
	r.wantStates("test applied, uat applied, prod applied")
	if _, ok := r.live("prod-us")[gateway.Key{Kind: gateway.Routes, ID: "mine"}]; !ok {
		t.Error("what a stranger has put there was removed")
	}
}
