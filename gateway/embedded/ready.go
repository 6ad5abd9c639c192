package embedded

import "fmt"

// Ready returns nil when every worker has a configuration, and otherwise names the first that has none, as /status/ready does. It is
// safe for use by several goroutines at once.
func (g *Gateway) Ready() error {
	for _, worker := range g.workers {
		if !worker.ready.Load() {
			return fmt.Errorf("worker %d has no configuration", worker.number)
		}
	}
	return nil
}
