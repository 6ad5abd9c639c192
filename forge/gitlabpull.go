package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// labPull is a merge request (https://docs.gitlab.com/api/merge_requests/).
type labPull struct {
	Number int    `json:"iid"`
	State  string `json:"state"`
	Title  string `json:"title"`
	Body   string `json:"description"`
	Author struct {
		Name string `json:"username"`
	} `json:"author"`
	SHA         string `json:"sha"` // null as long as there is nothing in it
	Source      string `json:"source_branch"`
	Target      string `json:"target_branch"`
	SourceID    int64  `json:"source_project_id"` // null: the fork is gone
	TargetID    int64  `json:"target_project_id"`
	URL         string `json:"web_url"`
	Draft       bool   `json:"draft"`
	Readiness   string `json:"detailed_merge_status"`
	MergeCommit string `json:"merge_commit_sha"`  // null for a fast-forward
	Squashed    string `json:"squash_commit_sha"` // only when squashed
	Refs        struct {
		Base  string `json:"base_sha"`
		Head  string `json:"head_sha"`
		Start string `json:"start_sha"`
	} `json:"diff_refs"`
}

func (l labPull) pull() Pull {
	p := Pull{
		Number: l.Number, State: PullClosed, Title: l.Title, Body: l.Body, Author: l.Author.Name, Draft: l.Draft, URL: l.URL,
		Head: l.SHA, HeadBranch: l.Source, HeadRef: fmt.Sprintf("refs/merge-requests/%d/head", l.Number), Base: l.Target,
		Fork: l.SourceID == 0 || l.SourceID != l.TargetID,
	}
	switch l.State {
	case "opened", "locked": // locked is being merged
		p.State = PullOpen
	case "merged":
		p.State = PullMerged
		for _, commit := range []string{l.MergeCommit, l.Squashed, l.SHA} { // the head itself by fast-forward
			if p.Merged = commit; commit != "" {
				break
			}
		}
	}
	return p
}

func (g *gitLab) pullPath(number int) string {
	return fmt.Sprintf("%s/merge_requests/%d", g.project(), number)
}

// OpenPulls lists merge requests.
func (g *gitLab) OpenPulls(ctx context.Context, base string) ([]Pull, error) {
	return g.list(ctx, into(url.Values{}, "target_branch", base))
}

func (g *gitLab) list(ctx context.Context, filter url.Values) ([]Pull, error) {
	filter.Set("state", "opened")
	filter.Set("order_by", "created_at")
	filter.Set("sort", "asc")
	filter.Set("per_page", "100")
	all, err := list[labPull](ctx, g.client, g.project()+"/merge_requests?"+filter.Encode())
	var pulls []Pull
	seen, base := map[int]bool{}, filter.Get("target_branch")
	for _, one := range all {
		if (base == "" || one.Target == base) && !seen[one.Number] {
			pulls = append(pulls, one.pull())
		}
		seen[one.Number] = true
	}
	return pulls, notThere(err, g.repository)
}

// Pull reads one merge request.
func (g *gitLab) Pull(ctx context.Context, number int) (Pull, error) {
	one, err := g.read(ctx, number)
	return one.pull(), err
}

func (g *gitLab) read(ctx context.Context, number int) (labPull, error) {
	var one labPull
	_, err := g.call(ctx, http.MethodGet, g.pullPath(number), nil, &one)
	return one, g.noPull(ctx, err, g.project(), g.repository, number)
}

// Open opens a merge request. A second one for the same branches is 409.
func (g *gitLab) Open(ctx context.Context, p NewPull) (Pull, error) {
	p = fitting(p)
	return openOnce(p, opening{
		list: func() ([]Pull, error) {
			return g.list(ctx, url.Values{"target_branch": {p.Base}, "source_branch": {p.Head}})
		},
		update: func(old Pull) (Pull, error) {
			return g.say(ctx, old.Number, map[string]string{"title": p.Title, "description": p.Body})
		},
		create: func() (Pull, error) {
			var one labPull
			_, err := g.call(ctx, http.MethodPost, g.project()+"/merge_requests", map[string]string{
				"title": p.Title, "description": p.Body, "source_branch": p.Head, "target_branch": p.Base,
			}, &one)
			return one.pull(), notThere(err, g.repository)
		},
	})
}

// say changes what a merge request says.
func (g *gitLab) say(ctx context.Context, number int, what map[string]string) (Pull, error) {
	var one labPull
	_, err := g.call(ctx, http.MethodPut, g.pullPath(number), what, &one)
	return one.pull(), g.noPull(ctx, err, g.project(), g.repository, number)
}

// Close closes a merge request.
func (g *gitLab) Close(ctx context.Context, number int, comment string) error {
	return closeOnce(ctx, g, number, comment, func() error {
		_, err := g.say(ctx, number, map[string]string{"state_event": "close"})
		return err
	})
}

// Merge merges a merge request in the way that is set for the project: a commit, or a fast-forward.
func (g *gitLab) Merge(ctx context.Context, number int, head string, m Message) (string, error) {
	return mergeAt(ctx, g, number, head, m)
}

// merge asks once (https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request): 409 is a head that has moved, 401 a user who may
// not merge, 405 and 422 all else. Which of it will pass is told by the merge request itself.
func (g *gitLab) merge(ctx context.Context, p Pull, m Message) (bool, error) {
	body := map[string]any{"sha": p.Head}
	if m.Title != "" {
		body["merge_commit_message"] = m.Title + "\n\n" + m.Body
	}
	got, err := g.call(ctx, http.MethodPut, g.pullPath(p.Number)+"/merge", body, nil)
	fault, refused := asError(err)
	if !refused {
		return false, nil
	}
	switch got.status {
	case http.StatusConflict:
		return false, outdated(p.Number, "has moved from "+short(p.Head))
	case http.StatusUnauthorized:
		fault.Hint = "the token is wrong, or its user may not merge into " + p.Base
	case http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		return g.unready(ctx, p.Number, fault)
	}
	return false, g.noPull(ctx, fault, g.project(), g.repository, p.Number)
}

// passing are GitLab's words for what goes away by itself soon, or has just gone (https://docs.gitlab.com/api/merge_requests/#merge-status).
var passing = map[string]bool{"unchecked": true, "checking": true, "preparing": true, "approvals_syncing": true, "mergeable": true}

// unready says why a merge request can't be merged, and whether that will pass.
func (g *gitLab) unready(ctx context.Context, number int, fault *Error) (bool, error) {
	fault.Class = Blocked
	now, err := g.read(ctx, number)
	if err != nil {
		return false, err
	}
	if now.Readiness != "" {
		fault.What += " (" + now.Readiness + ")"
	}
	return passing[now.Readiness], fault
}
