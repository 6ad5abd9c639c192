package reconciler

import "context"

// Rest waits until no pass runs and keeps the next one from beginning until goOn is called, or for good: then another Reconciler may
// take over once the context of Run has ended. The error says that ctx ended before.
func (r *Reconciler) Rest(ctx context.Context) (goOn func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
