package forge

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// gitLabStates are GitLab's words for a state. Pending is sent as running: what is pending in GitLab blocks the pipeline of a branch.
var gitLabStates = map[record.StatusState]string{
	record.StatusPending: "running", record.StatusSuccess: "success", record.StatusFailure: "failed", record.StatusError: "failed",
}

// gitLab is GitLab (https://docs.gitlab.com/api/commits/#commit-status).
type gitLab struct {
	*client
	repository string // the whole path
	branch     string
}

const (
	// gitLabText is the most runes of a description that are safe; longer ones are not promised to be kept.
	gitLabText = 255
	// gitLabURL is the most characters of a target_url.
	gitLabURL = 255
	// lockWait is how long another update of the same commit may keep GitLab busy: it holds a lock for up to 10 s.
	lockWait = 10 * time.Second
)

func (g *gitLab) project() string { return "/projects/" + url.PathEscape(g.repository) }

// SetStatus posts a status. The branch goes with it: without it the status could land in another pipeline, and a later one would not
// find it.
func (g *gitLab) SetStatus(ctx context.Context, commit string, s Status) error {
	body := map[string]string{
		"state": gitLabStates[s.State], "name": s.Context, "description": plainLine(s.Text, gitLabText), "ref": g.branch,
	}
	if len(s.URL) <= gitLabURL {
		body["target_url"] = s.URL
	}
	got, err := g.call(ctx, http.MethodPost, g.project()+"/statuses/"+url.PathEscape(commit), body, nil)
	switch {
	case got.status == http.StatusBadRequest && strings.Contains(got.words, "Cannot transition status"):
		return nil // it is in that state already: running can't become running
	case got.status == http.StatusConflict:
		return &Error{Class: Limited, Status: got.status, What: got.words, After: lockWait}
	case got.status == http.StatusNotFound && strings.Contains(got.words, "Project"):
		return notThere(err, g.repository)
	}
	return err
}
