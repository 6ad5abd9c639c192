package metrics

import (
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// certificates are the ends of what the gateway groups show to their clients. The zero value knows none.
type certificates struct {
	mu   sync.Mutex
	held map[string]holding // by group
}

// holding is what is known of the state of one group.
type holding struct {
	digest string
	at     time.Time // when it was worked out
	until  time.Time // the end of its first certificate; zero: it has none
}

// lookAgain is how long what was worked out holds for the same digest: a certificate that comes from a secret may have been renewed.
const lookAgain = 10 * time.Minute

// look works out a state that was not seen of late.
func (c *certificates) look(group, digest string, state gateway.State) {
	c.mu.Lock()
	known := c.held[group]
	c.mu.Unlock()
	if known.digest == digest && time.Since(known.at) < lookAgain {
		return
	}
	one := holding{digest: digest, at: time.Now()}
	if until, found := render.EarliestEnd(state); found {
		one.until = time.Unix(until, 0)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]holding{}
	}
	c.held[group] = one
}

// ends returns when the first certificate ends of each group that has one.
func (c *certificates) ends() map[string]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ends := map[string]time.Time{}
	for group, one := range c.held {
		if !one.until.IsZero() {
			ends[group] = one.until
		}
	}
	return ends
}

func (c *certificates) forget(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, group)
}
