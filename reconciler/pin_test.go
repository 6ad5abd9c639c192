package reconciler_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// pinProd writes an environment.yaml of prod whose base is read at a commit.
func (r *rig) pinProd(commit string) {
	r.write("-- environments/prod/environment.yaml --\nextends:\n  - {path: base, revision: " + commit + "}\nafter: [uat]\n" +
		"groups: [prod-eu, prod-us]\nvars: {domain: acme.example}\n")
}

func (r *rig) usersURI(group string) any {
	return r.live(group)[gateway.Key{Kind: gateway.Routes, ID: "users"}].Spec["uri"]
}

func (r *rig) changeUsers(uri string) string {
	r.write(strings.Replace("-- base/users.yaml --\n"+`upstreams:
  users: {nodes: {"127.0.0.1:1980": 1}}
services:
  users: {upstream_id: users, hosts: ["${vars.domain}"]}
routes:
  users: {service_id: users, uri: URI}
global_rules:
  ids: {plugins: {request-id: {}}}
`, "URI", uri, 1))
	return r.commit("serve " + uri)
}

// TestAPinnedLayerStaysUntilItsPinMoves promotes by pin: prod keeps what it pins while uat follows the branch, and gets what the pin
// moves to.
func TestAPinnedLayerStaysUntilItsPinMoves(t *testing.T) {
	r := newRig(t)
	r.pinProd(r.git("rev-parse", "--short=8", "HEAD"))
	r.commit("pin prod")
	r.pass()
	r.writes()
	next := r.changeUsers("/people/*")
	r.pass()
	r.wantStates("test applied, uat applied, prod unchanged")
	if got := []any{r.usersURI("uat"), r.usersURI("prod-eu")}; got[0] != "/people/*" || got[1] != "/users/*" {
		t.Fatalf("uat and prod serve %v", got)
	}
	r.pinProd(next)
	r.commit("promote")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	if got := r.usersURI("prod-us"); got != "/people/*" {
		t.Errorf("prod serves %v after its pin has moved", got)
	}
	uat, _ := r.Status().Environment("uat")
	if state := r.writes(); len(state) == 0 || uat.State != string(record.Unchanged) {
		t.Errorf("writes %v, uat %s", state, uat.State)
	}
}

// TestARewrittenBranchBreaksItsPins force-pushes the pinned commit away: prod has a fault and keeps what it runs, drift included.
func TestARewrittenBranchBreaksItsPins(t *testing.T) {
	r := newRig(t)
	first := r.git("rev-parse", "HEAD")
	gone := r.changeUsers("/gone/*")
	r.pinProd(gone)
	r.commit("pin prod")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.git("reset", "--quiet", "--hard", first)
	r.pinProd(gone)
	r.changeUsers("/instead/*")
	r.pass()
	r.wantStates("test applied, uat applied, prod failed")
	prod, _ := r.Status().Environment("prod")
	if want := "commit " + gone + " is no earlier commit of this branch"; !strings.Contains(prod.Text, want) {
		t.Errorf("prod says %q, want %q", prod.Text, want)
	}
	if got := r.usersURI("prod-eu"); got != "/gone/*" {
		t.Errorf("prod serves %v", got)
	}
	if err := r.clients["prod-eu"].Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "users"}); err != nil {
		t.Fatal(err)
	}
	r.pass()
	if got := r.usersURI("prod-eu"); got != "/gone/*" {
		t.Errorf("what prod runs was not healed: %v", got)
	}
}
