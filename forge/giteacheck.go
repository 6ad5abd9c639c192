package forge

import (
	"context"
	"net/url"
)

// Checks reads the newest status of each context. The list of all is in no order within a second.
func (g *gitea) Checks(ctx context.Context, commit string) (Checks, error) {
	var checks Checks
	all, err := pages[combined](ctx, g.client, g.repo()+"/commits/"+url.PathEscape(commit)+"/status?limit=50")
	if err != nil {
		return Checks{}, notThere(err, g.repository)
	}
	for _, page := range all {
		for _, one := range page.Statuses {
			checks.tally(one.Context, hubStates[one.Status])
		}
	}
	return checks, nil
}
