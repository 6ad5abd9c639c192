package forge

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// gitHub is GitHub, in the cloud or on a server of one's own (https://docs.github.com/rest/commits/statuses).
type gitHub struct {
	*client
	repository string
}

// gitHubAPI is where the API of a GitHub is: on its own host for github.com and for tenants under ghe.com, else below /api/v3.
func gitHubAPI(base *url.URL) *url.URL {
	api := *base
	switch {
	case base.Host == "github.com" || base.Host == "www.github.com":
		api.Host = "api.github.com"
	case strings.HasSuffix(base.Host, ".ghe.com"):
		api.Host = "api." + base.Host
	default:
		return base.JoinPath("api/v3")
	}
	return &api
}

// gitHubText is the most runes of a description; beyond, GitHub answers 422.
const gitHubText = 140

// SetStatus posts a status. GitHub keeps each one; at most 1,000 for a commit and context.
func (g *gitHub) SetStatus(ctx context.Context, commit string, s Status) error {
	_, err := g.call(ctx, http.MethodPost, "/repos/"+g.repository+"/statuses/"+url.PathEscape(commit), map[string]string{
		"state": string(s.State), "context": s.Context, "description": plainLine(s.Text, gitHubText), "target_url": s.URL,
	}, nil)
	return notThere(err, g.repository)
}

// notThere tells a repository that can't be found from a commit that can't: GitHub answers 404 for a repository that the token may not
// see, and 422 for an unknown commit.
func notThere(err error, repository string) error {
	if final(err, http.StatusNotFound) {
		return &Error{
			Class: Misplaced, Status: http.StatusNotFound, What: "repository " + repository + " is not there, or the token may not see it",
			Hint: "set forge.repository to owner/name, and give the token the right to write commit statuses",
		}
	}
	return err
}
