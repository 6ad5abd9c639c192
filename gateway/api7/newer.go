package api7

import (
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// newerKinds remembers which of the kinds that not every version has were listed once: that there is no such list is an error then.
// It is safe for use by several goroutines at once.
type newerKinds struct {
	mu     sync.Mutex
	listed map[gateway.Kind]bool
}

func (n *newerKinds) see(kind gateway.Kind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listed == nil {
		n.listed = map[gateway.Kind]bool{}
	}
	n.listed[kind] = true
}

func (n *newerKinds) seen(kind gateway.Kind) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.listed[kind]
}
