package daemon

import (
	"context"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
)

// tidier takes branches of Sluice's own away once their pull requests are merged or closed.
type tidier struct {
	mirror interface {
		Drop(ctx context.Context, branch, at string) error
	}
	forge interface {
		Pull(ctx context.Context, number int) (forge.Pull, error)
	}
	log *zap.Logger
}

// ours is what the names of Sluice's own branches begin with.
const ours = "sluice/"

// closed is told of a pull request that is no longer in the list of the open ones. What fails is left to people: such a branch is in nobody's way.
func (t tidier) closed(ctx context.Context, number int, branch, head string) {
	if !strings.HasPrefix(branch, ours) {
		return
	}
	pull, err := t.forge.Pull(ctx, number)
	if err == nil && pull.State == forge.PullOpen {
		return
	}
	if err == nil {
		err = t.mirror.Drop(ctx, branch, head)
	}
	if err != nil {
		t.log.Warn("branch of a closed pull request is left", zap.String("branch", branch), zap.Int("pull", number), zap.Error(err))
		return
	}
	t.log.Info("branch of a closed pull request is gone", zap.String("branch", branch), zap.Int("pull", number))
}
