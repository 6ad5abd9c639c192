package forge

import (
	"context"
	"net/http"
	"net/url"
)

// Origin uses commits/{id}/pull-requests, which finds also what has made a commit by a squash or a rebase
// (https://docs.atlassian.com/bitbucket-server/javadoc/9.4.0/api/com/atlassian/bitbucket/pull/PullRequestCommitSearchRequest.html). A commit
// that it does not know yet is 404.
func (d *dataCenter) Origin(ctx context.Context, commit, base string) (int, error) {
	all, err := serverList[serverPull](ctx, d.client, d.repository+"/commits/"+url.PathEscape(commit)+"/pull-requests", nil)
	if fault, ok := asError(err); ok && fault.Status == http.StatusNotFound {
		return 0, notThere(d.there(ctx), d.name)
	}
	for _, one := range all {
		if p := one.pull(); p.State == PullMerged && p.Base == base {
			return p.Number, nil
		}
	}
	return 0, err
}

// there tells a commit that is not there from a repository that is not.
func (d *dataCenter) there(ctx context.Context) error {
	_, err := d.call(ctx, http.MethodGet, d.repository, nil, nil)
	return err
}
