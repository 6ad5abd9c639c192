package forge

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Origin asks for the pull requests that hold a commit
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/, "List pull requests that contain a commit"). The workspace
// must have the app "Pull Request Commit Links" for that, which is 404 without and 202 while it reads the repository: then the newest
// merged ones are looked through, of which each tells the commit that merged it.
func (b *bitbucket) Origin(ctx context.Context, commit, base string) (int, error) {
	var page cloudPage[cloudPull]
	got, err := b.call(ctx, http.MethodGet, b.repo()+"/commit/"+url.PathEscape(commit)+"/pullrequests?pagelen=10", nil, &page)
	switch {
	case got.status == http.StatusNotFound, got.status == http.StatusAccepted:
		return b.mergedBy(ctx, commit, base)
	case err != nil:
		return 0, err
	}
	for _, brief := range page.Values { // without the branches
		pull, err := b.Pull(ctx, brief.ID)
		if err != nil {
			return 0, err
		}
		if pull.State == PullMerged && pull.Base == base {
			return pull.Number, nil
		}
	}
	return b.mergedBy(ctx, commit, base)
}

// mergedBy looks for a commit among those that have merged the newest 50 pull requests into a branch.
func (b *bitbucket) mergedBy(ctx context.Context, commit, base string) (int, error) {
	query := url.Values{"q": {`state="MERGED" AND destination.branch.name=` + strconv.Quote(base)}, "sort": {"-updated_on"}, "pagelen": {"50"}}
	var page cloudPage[cloudPull]
	if _, err := b.call(ctx, http.MethodGet, b.repo()+"/pullrequests?"+query.Encode(), nil, &page); err != nil {
		return 0, notThere(err, b.repository)
	}
	for _, one := range page.Values {
		if one.Merge != nil && one.Merge.Hash != "" && strings.HasPrefix(commit, one.Merge.Hash) && one.Target.Branch.Name == base {
			return one.ID, nil
		}
	}
	return 0, nil
}
