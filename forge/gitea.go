package forge

import (
	"context"
	"net/http"
	"net/url"
)

// gitea is Gitea or Forgejo (https://docs.gitea.com/api).
type gitea struct {
	*client
	repository string
}

func (g *gitea) repo() string { return "/repos/" + g.repository }

// giteaText is how much of a text is sent: it takes any length, and shows one line.
const giteaText = 255

// SetStatus posts a status. Gitea keeps whatever state it is given, so that only those it knows are sent, and answers 500 for a commit
// that it does not have.
func (g *gitea) SetStatus(ctx context.Context, commit string, s Status) error {
	got, err := g.call(ctx, http.MethodPost, g.repo()+"/statuses/"+url.PathEscape(commit), map[string]string{
		"state": string(s.State), "context": s.Context, "description": plainLine(s.Text, giteaText), "target_url": s.URL,
	}, nil)
	if got.status == http.StatusInternalServerError && (saysAny(got.words, "object does not exist") || g.unknown(ctx, commit)) {
		return &Error{Class: Final, Status: got.status, What: "object does not exist: there is no commit " + short(commit)}
	}
	return notThere(err, g.repository)
}

// unknown reports whether Gitea says that it has no such commit. Why it answers 500, it tells administrators only.
func (g *gitea) unknown(ctx context.Context, commit string) bool {
	_, err := g.call(ctx, http.MethodGet, g.repo()+"/git/commits/"+url.PathEscape(commit), nil, nil)
	return final(err, http.StatusNotFound)
}
