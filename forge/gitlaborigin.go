package forge

import (
	"context"
	"net/http"
	"net/url"
)

// Origin uses https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit.
func (g *gitLab) Origin(ctx context.Context, commit, base string) (int, error) {
	var pulls []labPull
	path := g.project() + "/repository/commits/" + url.PathEscape(commit) + "/merge_requests?state=merged"
	if _, err := g.call(ctx, http.MethodGet, path, nil, &pulls); err != nil {
		return 0, err
	}
	for _, pull := range pulls {
		if pull.State == "merged" && pull.Target == base {
			return pull.Number, nil
		}
	}
	return 0, nil
}
