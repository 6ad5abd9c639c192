package reconciler_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/sops"
)

// TestAnEncryptedFileConcernsOnlyWhoUsesIt takes the key away and gives it back: what runs stays, and nobody else is concerned.
func TestAnEncryptedFileConcernsOnlyWhoUsesIt(t *testing.T) {
	encrypted, err := os.ReadFile("../render/testdata/sealed/base/list.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	key := "other.txt"
	r.config.Keys = sops.NewKeyring(sops.Config{AgeKeys: func() (string, error) {
		text, err := os.ReadFile("../sops/testdata/" + key)
		return string(text), err
	}})
	r.restart()
	r.write("-- environments/uat/list.yaml --\n" + string(encrypted))
	r.commit("an encrypted file in uat")
	r.pass()
	r.wantStates("test applied, uat failed, prod queued")
	env, _ := r.Status().Environment("uat")
	for _, want := range []string{"environments/uat/list.yaml:", "no age key here is a recipient", "hint: add a key"} {
		if !strings.Contains(env.Detail, want) {
			t.Errorf("%q is not in %q", want, env.Detail)
		}
	}

	key = "identity.txt"
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if !r.has("uat", "routes/write") || r.has("test", "routes/write") {
		t.Error("the routes of the encrypted file are not where they belong")
	}
	r.writes()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a second pass wrote %v", writes)
	}

	key = "none.txt"
	r.pass()
	r.wantStates("test applied, uat failed, prod applied")
	if writes := r.writes(); len(writes) > 0 || !r.has("uat", "routes/write") {
		t.Errorf("what runs was touched: %v", writes)
	}
	raw, err := os.ReadFile(r.journal)
	if err != nil || strings.Contains(string(raw), "canary") {
		t.Errorf("a value is in the journal: %v", err)
	}
}

// TestAWholeEncryptedRepoIsAppliedOnce carries a repo to a gateway whose fragments SOPS encrypted with all that is in them.
func TestAWholeEncryptedRepoIsAppliedOnce(t *testing.T) {
	r := newRig(t)
	r.config.Keys = sops.NewKeyring(sops.Config{AgeKeys: func() (string, error) {
		text, err := os.ReadFile("../sops/testdata/identity.txt")
		return string(text), err
	}})
	r.restart()
	for _, gone := range []string{"base", "environments", "sluice.yaml"} {
		if err := os.RemoveAll(filepath.Join(r.repo, gone)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(r.repo, os.DirFS("../render/testdata/sealed")); err != nil {
		t.Fatal(err)
	}
	r.commit("all encrypted")
	r.pass()
	r.wantStates("prod applied")
	if got := r.writes()["prod-eu"]; len(got) != 9 {
		t.Errorf("writes %v", got)
	}
	r.pass()
	r.restart()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a second pass wrote %v", writes)
	}
	raw, err := os.ReadFile(r.journal)
	if err != nil || strings.Contains(string(raw), "canary") {
		t.Errorf("a value is in the journal: %v", err)
	}
}
