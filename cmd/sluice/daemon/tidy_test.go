package daemon

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
)

// remains is a repository and a forge with one pull request.
type remains struct {
	state   forge.PullState
	err     error
	dropped []string
}

func (r *remains) Pull(context.Context, int) (forge.Pull, error) {
	return forge.Pull{State: r.state}, r.err
}

func (r *remains) Drop(_ context.Context, branch, at string) error {
	r.dropped = append(r.dropped, branch+" "+at)
	return nil
}

func TestBranchesOfOursAreTakenAway(t *testing.T) {
	for name, tt := range map[string]struct {
		branch string
		state  forge.PullState
		err    error
		want   int
	}{
		"merged":                 {"sluice/promote-prod", forge.PullMerged, nil, 1},
		"closed":                 {"sluice/revert-1a2b3c4", forge.PullClosed, nil, 1},
		"open, and not listed":   {"sluice/promote-prod", forge.PullOpen, nil, 0},
		"a branch of somebody":   {"topic", forge.PullMerged, nil, 0},
		"a forge that is down":   {"sluice/promote-prod", 0, errors.New("down"), 0},
		"a name that is like it": {"sluicegate", forge.PullMerged, nil, 0},
	} {
		r := &remains{state: tt.state, err: tt.err}
		tidier{r, r, zap.NewNop()}.closed(t.Context(), 7, tt.branch, "1a2b")
		if len(r.dropped) != tt.want {
			t.Errorf("%s: dropped %v", name, r.dropped)
		}
	}
}
