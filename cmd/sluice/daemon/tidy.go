package daemon

import (
	"context"
	"errors"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/revert"
	"github.com/sluice-gitops/sluice/source"
)

// tidier takes branches of Sluice's own away once their pull requests are merged or closed.
type tidier struct {
	mirror interface {
		Tip(ctx context.Context, b source.Branch) (source.Tip, error)
		Drop(ctx context.Context, branch, at string) error
	}
	forge interface {
		Pull(ctx context.Context, number int) (forge.Pull, error)
	}
	known *reverts
	moot  func(ctx context.Context, short string) // is told of each revert whose pull request is no longer open
	log   *zap.Logger
}

// ours is what the names of Sluice's own branches begin with.
const ours = "sluice/"

// closed is told of a pull request that is no longer in the list of the open ones. What fails is left to people: such a branch is in nobody's way.
// What somebody else has made, or has pushed to it, is theirs.
func (t tidier) closed(ctx context.Context, number int, branch, head string) {
	if !strings.HasPrefix(branch, ours) {
		return
	}
	pull, err := t.forge.Pull(ctx, number)
	if err == nil && (pull.State == forge.PullOpen || pull.State == forge.PullClosed && strings.HasPrefix(branch, promotions)) {
		return // the branch of a promotion may be that of the next one by now: the sweeper takes its time
	}
	if begins := revert.Undone(branch); err == nil && begins != "" {
		t.moot(ctx, begins)
	}
	var tip source.Tip
	if err == nil {
		tip, err = t.mirror.Tip(ctx, source.Branch{Name: branch, Head: head})
	}
	if errors.Is(err, source.ErrMoved) || err == nil && !isSluices(tip) {
		return
	}
	if err == nil {
		err = t.mirror.Drop(ctx, branch, head)
	}
	if err != nil {
		t.log.Warn("branch of a closed pull request is left", zap.String("branch", branch), zap.Int("pull", number), zap.Error(err))
		return
	}
	t.known.forget(revert.Undone(branch))
	t.log.Info("branch of a closed pull request is gone", zap.String("branch", branch), zap.Int("pull", number))
}
