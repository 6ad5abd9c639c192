package forge

import (
	"context"
	"net/http"
	"net/url"
)

// Origin uses https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit. A commit that is not in the default
// branch has open ones in that list too.
func (g *gitHub) Origin(ctx context.Context, commit, base string) (int, error) {
	var pulls []hubPull
	if _, err := g.call(ctx, http.MethodGet, g.repo()+"/commits/"+url.PathEscape(commit)+"/pulls", nil, &pulls); err != nil {
		return 0, notThere(err, g.repository)
	}
	for _, pull := range pulls {
		if pull.Merged != nil && pull.Base.Ref == base {
			return pull.Number, nil
		}
	}
	return 0, nil
}
