package forge

import (
	"context"
	"net/http"
	"net/url"
)

// Merge merges a pull request. The hash does not go with the request: there is no field for it.
func (b *bitbucket) Merge(ctx context.Context, number int, head string, m Message) (string, error) {
	return mergeAt(ctx, b, number, head, m)
}

// merge asks once. 202 is a merge that is taken and goes on, 555 one that took too long and was given up, 409 a conflict, and 400 a
// check that is missing (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/).
func (b *bitbucket) merge(ctx context.Context, p Pull, m Message) (bool, error) {
	body := map[string]any{"type": "pullrequest_merge_parameters", "merge_strategy": "merge_commit"}
	if m.Title != "" {
		body["message"] = m.Title + "\n\n" + m.Body
	}
	got, err := b.call(ctx, http.MethodPost, b.pullPath(p.Number)+"/merge", body, nil)
	fault, refused := asError(err)
	if !refused {
		return false, nil
	}
	switch got.status {
	case http.StatusConflict, http.StatusBadRequest:
		fault.Class = Blocked
	}
	return false, b.noPull(ctx, fault, b.repo(), b.repository, p.Number)
}

// cloudStates are the states of a build.
var cloudStates = map[string]verdict{"SUCCESSFUL": passed, "INPROGRESS": waiting}

// Checks reads the builds of a commit. A context of ours stands in the name: the key is a hash of it.
func (b *bitbucket) Checks(ctx context.Context, commit string) (Checks, error) {
	all, err := cloudList[build](ctx, b.client, b.repo()+"/commit/"+url.PathEscape(commit)+"/statuses?pagelen=100")
	if err != nil {
		return Checks{}, notThere(err, b.repository)
	}
	return builds(all), nil
}

// build is a build status of either Bitbucket.
type build struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	State string `json:"state"`
}

func builds(all []build) Checks {
	var checks Checks
	for _, one := range all {
		if one.Name == "" {
			one.Name = one.Key
		}
		checks.tally(one.Name, cloudStates[one.State])
	}
	return checks
}
