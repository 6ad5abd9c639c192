package forge

import (
	"context"
	"net/http"
	"net/url"
)

// Origin asks for the merged pull request of a commit; Gitea answers 404 where there is none.
func (g *gitea) Origin(ctx context.Context, commit, base string) (int, error) {
	var pull struct {
		Number int  `json:"number"`
		Merged bool `json:"merged"`
		Base   struct {
			Ref string `json:"ref"`
		} `json:"base"`
	}
	_, err := g.call(ctx, http.MethodGet, g.repo()+"/commits/"+url.PathEscape(commit)+"/pull", nil, &pull)
	if final(err, http.StatusNotFound) || err == nil && (!pull.Merged || pull.Base.Ref != base) {
		return 0, nil
	}
	return pull.Number, err
}
