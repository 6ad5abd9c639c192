package apply

import (
	"context"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// watch stops the run when somebody else has changed what the step is about to write: the plan was made for another state.
func (r *run) watch(ctx context.Context, step plan.Step) {
	watchful, ok := r.gw.(Watchful)
	keys := written(step.Changes)
	if !ok || len(keys) == 0 || r.ended(ctx) {
		return
	}
	moved, err := watchful.Moved(ctx, keys)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.stopLocked(fmt.Errorf("look for changes by others before %s: %w", step.Phase, err))
	case len(moved) > 0:
		r.stopLocked(fmt.Errorf("before %s: %w", step.Phase, stale(moved)))
	}
}

// ended reports whether nothing more is to be tried.
func (r *run) ended(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkLocked(ctx)
	return r.stopped != nil
}

// written returns the keys that changes send something for.
func written(changes []plan.Change) []gateway.Key {
	var keys []gateway.Key
	for _, c := range changes {
		if c.Writes() {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// stale is the error of a plan that others have overtaken.
func stale(moved []gateway.Key) error {
	reason := "somebody else has changed it since it was read"
	if len(moved) > 1 {
		reason += ", and also " + named(moved[1:])
	}
	return &gateway.Error{Class: gateway.Moved, Op: "write", Key: moved[0], Reason: reason}
}

// named lists the first keys, and says how many more there are.
func named(keys []gateway.Key) string {
	const enough = 5
	var names []string
	for _, key := range keys[:min(enough, len(keys))] {
		names = append(names, key.String())
	}
	if more := len(keys) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
