package insight

import (
	"cmp"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
)

// pause says why an environment stands still; nil when it does not.
func (m *Model) pause(env reconciler.EnvironmentStatus) *Pause {
	if p, ok := m.config.Past.Paused(env.Name); ok {
		text := cmp.Or(env.Paused, "paused: "+p.Reason+" (by "+p.By+")")
		return &Pause{Text: text, By: p.By, Until: p.Until, Call: true}
	}
	if env.Paused == "" || !strings.Contains(env.Paused, "(by Git)") {
		return nil // a call has ended it, which the next pass shows
	}
	return &Pause{Text: env.Paused, By: "Git"}
}
