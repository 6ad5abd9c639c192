package render_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/sops"
)

// The repo in testdata/sealed is the one in testdata/clear, encrypted by the sops command, version 3.13.3: fragments as a whole, the
// layout as far as vars.
func sealedRepo() fs.FS { return os.DirFS("testdata/sealed") }

// ageKeys reads one of the key files of package sops.
func ageKeys(name string) func() (string, error) {
	return func() (string, error) {
		text, err := os.ReadFile("../sops/testdata/" + name)
		return string(text), err
	}
}

func renderProd(t *testing.T, r *render.Renderer, repo fs.FS, keys environments.Decrypter) (gateway.State, diag.List) {
	t.Helper()
	tree := environments.LoadPinned(repo, keys, nil)
	prod, ok := tree.Find("prod")
	if !ok {
		t.Fatalf("no environment: %v", tree.Faults)
	}
	r.Keys = keys
	state, faults := r.Render(repo, tree, prod, "prod-eu", nil)
	faults.Add(tree.Faults...)
	faults.Add(prod.Faults...)
	return state, faults.Sorted()
}

// revealed writes what a gateway would get.
func revealed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for field, value := range v {
			out[field] = revealed(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = revealed(item)
		}
		return out
	case gateway.Secret:
		return v.Reveal()
	}
	return v
}

// TestAnEncryptedRepoMeansWhatItMeantInClear compares what the gateway would get, key by key.
func TestAnEncryptedRepoMeansWhatItMeantInClear(t *testing.T) {
	want, faults := renderProd(t, render.New(), os.DirFS("testdata/clear"), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got, faults := renderProd(t, render.New(), sealedRepo(), sops.NewKeyring(sops.Config{AgeKeys: ageKeys("identity.txt")}))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if diff := cmp.Diff(want.Keys(), got.Keys()); diff != "" {
		t.Fatalf("resources (-clear +encrypted):\n%s", diff)
	}
	for key, resource := range want {
		if diff := cmp.Diff(revealed(resource.Spec), revealed(got[key].Spec)); diff != "" {
			t.Errorf("%s (-clear +encrypted):\n%s", key, diff)
		}
	}
	text := yamlOf(t, got)
	if strings.Contains(text, "canary") {
		t.Errorf("a secret shows:\n%s", text)
	}
	for _, plain := range []string{"/users/*", "acme.example", "owner: web", "backend.acme.example", "http_x_token", "upstream_id: keyed", "time_window: 60"} {
		if !strings.Contains(text, plain) {
			t.Errorf("%q is configuration, and does not show:\n%s", plain, text)
		}
	}
}

// TestAnEncryptedRepoWithoutAKey says that who has no key, as CI, sees warnings and no faults.
func TestAnEncryptedRepoWithoutAKey(t *testing.T) {
	for name, file := range map[string]func() (string, error){"none": nil, "another": ageKeys("other.txt")} {
		state, faults := renderProd(t, render.New(), sealedRepo(), sops.NewKeyring(sops.Config{AgeKeys: file, Lenient: true}))
		if faults.HasErrors() || len(faults) != 4 {
			t.Errorf("key %s: %v", name, faults)
		}
		for _, fault := range faults {
			if fault.Code != "sops-key" || fault.Pos.Line == 0 {
				t.Errorf("key %s: %v", name, fault)
			}
		}
		if len(state) == 0 {
			t.Errorf("key %s: no state", name)
		}
	}
}

// TestAFileThatCanNotBeDecryptedIsAFault says where, and for whom it is encrypted.
func TestAFileThatCanNotBeDecryptedIsAFault(t *testing.T) {
	state, faults := renderProd(t, render.New(), sealedRepo(), sops.NewKeyring(sops.Config{AgeKeys: ageKeys("other.txt")}))
	if state != nil || !faults.HasErrors() {
		t.Fatalf("state %v, faults %v", state, faults)
	}
	text := faults.Error()
	for _, want := range []string{"sluice.yaml:", "encrypted for age10fguksl", "no age key here is a recipient", "sops.ageKeyFile"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestWhatWasDecryptedIsForgottenWithTheKey says that a cache never outlives the keys.
func TestWhatWasDecryptedIsForgottenWithTheKey(t *testing.T) {
	name := "identity.txt"
	keys := sops.NewKeyring(sops.Config{AgeKeys: func() (string, error) { return ageKeys(name)() }})
	files := map[string]string{}
	for _, file := range []string{"sluice.yaml", "environments/prod/environment.yaml", "base/all.yaml", "base/list.yaml"} {
		data, err := fs.ReadFile(sealedRepo(), file)
		if err != nil {
			t.Fatal(err)
		}
		files[file] = string(data)
	}
	r, repo := render.New(), hash(files, "1")
	steps := []struct {
		key    string
		faults bool
		parsed int64
	}{{"identity.txt", false, 2}, {"identity.txt", false, 2}, {"other.txt", true, 2}, {"identity.txt", false, 4}}
	for i, step := range steps {
		name = step.key
		_, faults := renderProd(t, r, repo, keys)
		if faults.HasErrors() != step.faults || r.Stats().FilesParsed != step.parsed {
			t.Errorf("step %d: %d files parsed, faults %v", i, r.Stats().FilesParsed, faults)
		}
	}
}

// TestProvenanceOfWhatIsEncrypted says that places are those of the encrypted file.
func TestProvenanceOfWhatIsEncrypted(t *testing.T) {
	state, _ := renderProd(t, render.New(), sealedRepo(), sops.NewKeyring(sops.Config{AgeKeys: ageKeys("identity.txt")}))
	key := gateway.Key{Kind: gateway.Credentials, ID: "alice/main"}
	path, err := gateway.ParsePath("plugins.key-auth.key")
	if err != nil {
		t.Fatal(err)
	}
	explained, err := render.Explain(state, key, path)
	if err != nil {
		t.Fatal(err)
	}
	line := 0
	data, err := os.ReadFile("testdata/sealed/base/all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range strings.Split(string(data), "\n") {
		if strings.Contains(text, "key-auth:") {
			line = i + 2
		}
	}
	if want := fmt.Sprintf("\"***\" from base/all.yaml:%d:", line); !strings.HasPrefix(explained.String(), want) {
		t.Errorf("explained as %q, want %q", explained, want)
	}
}
