package daemon

import (
	"errors"
	"testing"

	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
)

// TestWithheld: a name that the daemon's file allows gives no value, and one that it does not allow is told as ever.
func TestWithheld(t *testing.T) {
	t.Setenv("REGION", "eu")
	s := settings.Settings{Allow: settings.Allow{Env: []string{"REGION"}, Secrets: []string{"gw-*"}}}
	w := withheld{s.Values()}
	for name, ask := range map[string]func(string) (string, error){"REGION": w.Env, "gw-key": w.Secret} {
		if value, err := ask(name); value != "" || !errors.Is(err, render.ErrWithheld) {
			t.Errorf("%s: %q, %v", name, value, err)
		}
	}
	for name, ask := range map[string]func(string) (string, error){"HOME": w.Env, "other": w.Secret} {
		if value, err := ask(name); value != "" || !errors.Is(err, settings.ErrNotAllowed) {
			t.Errorf("%s: %q, %v", name, value, err)
		}
	}
}
