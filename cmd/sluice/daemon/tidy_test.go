package daemon

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/source"
)

// remains is a repository and a forge with one pull request.
type remains struct {
	desk
	state forge.PullState
	err   error
}

func (r *remains) Pull(context.Context, int) (forge.Pull, error) {
	return forge.Pull{State: r.state}, r.err
}

func TestBranchesOfOursAreTakenAway(t *testing.T) {
	for name, tt := range map[string]struct {
		branch string
		state  forge.PullState
		err    error
		by     string
		want   int
	}{
		"merged":                 {"sluice/promote-prod", forge.PullMerged, nil, own, 1},
		"closed":                 {"sluice/revert-1a2b3c4", forge.PullClosed, nil, own, 1},
		"closed, a promotion":    {"sluice/promote-prod", forge.PullClosed, nil, own, 0},
		"open, and not listed":   {"sluice/promote-prod", forge.PullOpen, nil, own, 0},
		"a branch of somebody":   {"topic", forge.PullMerged, nil, own, 0},
		"a forge that is down":   {"sluice/promote-prod", 0, errors.New("down"), own, 0},
		"somebody has pushed":    {"sluice/revert-1a2b3c4", forge.PullMerged, nil, person, 0},
		"a name that is like it": {"sluicegate", forge.PullMerged, nil, own, 0},
	} {
		r := &remains{desk: desk{tips: map[string]source.Tip{tt.branch: tip(tt.by, tt.by, "")}}, state: tt.state, err: tt.err}
		known := &reverts{prepared: map[string]string{culprit: "https://git/new"}}
		var told []string
		moot := func(_ context.Context, begins string) { told = append(told, begins) }
		tidier{r, r, known, moot, zap.NewNop()}.closed(t.Context(), 7, tt.branch, "aaaa")
		if gone := tt.branch == takesBack && tt.state != forge.PullOpen && tt.err == nil; gone != (len(told) == 1 && told[0] == culprit[:7]) {
			t.Errorf("%s: told that nothing takes %v back", name, told)
		}
		if url, _ := known.url(culprit); (url == "") != (len(r.dropped) > 0 && tt.branch == takesBack) {
			t.Errorf("%s: it leads to %q", name, url)
		}
		if len(r.dropped) != tt.want {
			t.Errorf("%s: dropped %v", name, r.dropped)
		}
	}
}
