package apply

import (
	"context"

	"github.com/sluice-gitops/sluice/gateway"
)

// Watchful is a Gateway that notices when somebody else changes a resource between plan and apply. Run asks it before each
// step for the keys that the step writes, from one goroutine at a time.
type Watchful interface {
	// Moved returns which of keys are no longer as this client last read or wrote them. A key that was read as absent and
	// exists now counts; a key that was never read does not. Errors should be a *gateway.Error.
	Moved(ctx context.Context, keys []gateway.Key) ([]gateway.Key, error)
}

// Batcher is a Gateway that takes all changes of one step at once. Run uses it instead of Put and Delete.
type Batcher interface {
	// Write makes all the changes or none of them; to delete what is gone already is no error. A *gateway.Refusals names the
	// changes that the gateway will not have: Run sends the others again without them. Any other error concerns all of them.
	Write(ctx context.Context, puts []gateway.Resource, deletes []gateway.Key) error
}
