package standalone_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// TestConfigured tells an instance that has taken a configuration from one that restarted, one that is down and one that refuses the key.
func TestConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 3, nil)
		key := adminKey
		g := n.group(t, func(cfg *standalone.Config) {
			cfg.AdminKey = func() (gateway.Secret, error) { return gateway.NewSecret("", key), nil }
		})
		says := func(number int, want string) {
			t.Helper()
			err := g.Configured(t.Context(), "http://"+host(number))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", host(number), err, want)
			}
		}
		says(0, "no configuration")
		live(t, g)
		write(t, g, route(t, "r", "/a"))
		says(0, "")
		says(1, "")
		n.servers[1].Restart()
		says(1, "no configuration")
		n.set(n.down, 2, true)
		says(2, "connection")
		says(7, "no instance of this group")
		key = "another"
		says(0, "401 Unauthorized")
	})
}
