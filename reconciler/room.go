package reconciler

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// mostCompared is how many resources are read from gateways and compared at the same time, over all environments: live is the largest thing
// that a pass holds. A group that has more is compared alone.
const mostCompared = 20_000

// room bounds what is compared at the same time. It is safe for use by several goroutines at once; newRoom makes one.
type room struct{ left *semaphore.Weighted }

func newRoom() room { return room{semaphore.NewWeighted(mostCompared)} }

// enter waits until there is room for so many resources, and returns how to leave. The error is that of ctx. Who is inside must not enter
// again.
func (r room) enter(ctx context.Context, resources int) (leave func(), err error) {
	weight := int64(min(max(resources, 1), mostCompared))
	if err := r.left.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("wait for other groups to be compared: %w", err)
	}
	return func() { r.left.Release(weight) }, nil
}
