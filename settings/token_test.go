package settings

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTokenIsReadAnew exchanges the token under a daemon that runs, and takes it away.
func TestTokenIsReadAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	api := API{TokenFile: file}
	for text, want := range map[string]string{"one\n": "one", " two ": "two", "": "", "\n": ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := api.Token()
		if (err != nil) != (want == "") || token.Reveal() != want {
			t.Errorf("%q: %q, %v", text, token.Reveal(), err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if token, err := api.Token(); err == nil || token.Resolved() {
		t.Error("a token that can't be read is no error")
	}
	if token, err := (API{}).Token(); err != nil || token.Resolved() {
		t.Errorf("no token file: %v", err)
	}
}
