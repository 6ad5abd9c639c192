package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
)

func TestSecretsAreWrittenForTheirOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	state := gateway.State{}
	alice := key(gateway.Consumers, "alice")
	for _, value := range []string{"plain", "ends\n", "ends\r\n", "ends\r", " spaces "} {
		state[alice] = gateway.Resource{Key: alice, Spec: gateway.Seal(alice, map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": value}}})}
		repo := importer.Import([]importer.Group{{Name: "g", Environment: "e", Live: state}}, importer.Options{})
		i := imports{to: filepath.Join(dir, fmt.Sprintf("repo%x", value)), secretsDir: filepath.Join(dir, fmt.Sprintf("secrets%x", value))}
		if err := i.place(); err != nil {
			t.Fatal(err)
		}
		if n, err := (&app{}).writeRepo(i, repo); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		file := filepath.Join(i.secretsDir, "consumers-alice-key-auth-key")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The daemon cuts one end of line off.
		if got := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"); got != value {
			t.Errorf("%q reads back as %q", value, got)
		}
		for name, want := range map[string]os.FileMode{i.secretsDir: 0o700, file: 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
	}
}

func TestSecretsNeverGoIntoTheConfigRepo(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "repo"), link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "repo"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, secrets := range []string{"repo", "repo/secrets", "repo/../repo/a/b", "link/secrets"} {
		i := imports{to: filepath.Join(dir, "repo"), secretsDir: filepath.Join(dir, secrets)}
		if err := i.place(); err == nil || !strings.Contains(err.Error(), "would be committed") {
			t.Errorf("%s: %v", secrets, err)
		}
	}
	i := imports{to: filepath.Join(dir, "repo"), secretsDir: filepath.Join(dir, "repo-secrets")}
	if err := i.place(); err != nil {
		t.Error(err)
	}
}
