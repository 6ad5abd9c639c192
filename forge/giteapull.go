package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

func (g *gitea) pullPath(number int) string { return fmt.Sprintf("%s/pulls/%d", g.repo(), number) }

// OpenPulls lists pull requests. 50 is the most that a page holds as Gitea comes; a lower limit of its owner is found by the Link header.
func (g *gitea) OpenPulls(ctx context.Context, base string) ([]Pull, error) {
	filter := url.Values{"state": {"open"}, "sort": {"oldest"}, "limit": {"50"}}
	into(filter, "base_branch", base) // older ones don't know it
	all, err := list[hubPull](ctx, g.client, g.repo()+"/pulls?"+filter.Encode())
	return hubPulls(all, g.repository, base), notThere(err, g.repository)
}

// Pull reads one pull request.
func (g *gitea) Pull(ctx context.Context, number int) (Pull, error) {
	var one hubPull
	_, err := g.call(ctx, http.MethodGet, g.pullPath(number), nil, &one)
	return one.pull(g.repository), g.noPull(ctx, err, g.repo(), g.repository, number)
}

// Open opens a pull request. A second one for the same branches is 409.
func (g *gitea) Open(ctx context.Context, p NewPull) (Pull, error) {
	p = fitting(p)
	return openOnce(p, opening{
		list: func() ([]Pull, error) { return g.OpenPulls(ctx, p.Base) },
		update: func(old Pull) (Pull, error) {
			return g.say(ctx, old.Number, map[string]string{"title": p.Title, "body": p.Body})
		},
		create: func() (Pull, error) { return g.create(ctx, p) },
	})
}

// create asks once. A branch that is not there is a 404, as is a repository that is not.
func (g *gitea) create(ctx context.Context, p NewPull) (Pull, error) {
	var one hubPull
	_, err := g.call(ctx, http.MethodPost, g.repo()+"/pulls", map[string]string{
		"title": p.Title, "body": p.Body, "head": p.Head, "base": p.Base,
	}, &one)
	if final(err, http.StatusNotFound) {
		if _, probe := g.call(ctx, http.MethodGet, g.repo(), nil, nil); probe == nil {
			return Pull{}, &Error{Class: Final, Status: http.StatusNotFound, What: "branch " + p.Head + " or " + p.Base + " is not there"}
		}
	}
	return one.pull(g.repository), notThere(err, g.repository)
}

// say changes what a pull request says. 412 is one that was merged meanwhile.
func (g *gitea) say(ctx context.Context, number int, what map[string]string) (Pull, error) {
	var one hubPull
	got, err := g.call(ctx, http.MethodPatch, g.pullPath(number), what, &one)
	if got.status == http.StatusPreconditionFailed {
		return Pull{}, outdated(number, "was merged")
	}
	return one.pull(g.repository), g.noPull(ctx, err, g.repo(), g.repository, number)
}

// Close closes a pull request.
func (g *gitea) Close(ctx context.Context, number int, comment string) error {
	return closeOnce(ctx, g, number, comment, func() error {
		_, err := g.say(ctx, number, map[string]string{"state": "closed"})
		return err
	})
}

// Merge merges a pull request.
func (g *gitea) Merge(ctx context.Context, number int, head string, m Message) (string, error) {
	return mergeAt(ctx, g, number, head, m)
}

// merge asks once. 405 is all that is in the way: with these words while Gitea computes, but for conflicts as well; with others for what
// the branch's protection misses. 409 is a head or a base that has moved, or a conflict found while merging. 500 is a head that is being
// looked at (routers/api/v1/repo/pull.go of Gitea 1.26).
func (g *gitea) merge(ctx context.Context, p Pull, m Message) (bool, error) {
	got, err := g.call(ctx, http.MethodPost, g.pullPath(p.Number)+"/merge", map[string]string{
		"Do": "merge", "head_commit_id": p.Head, "MergeTitleField": m.Title, "MergeMessageField": m.Body,
	}, nil)
	fault, refused := asError(err)
	if !refused {
		return false, nil
	}
	switch {
	case got.status == http.StatusMethodNotAllowed && saysAny(got.words, "user not allowed"):
		fault.Class, fault.Hint = Denied, "let the token's user merge into this branch"
	case got.status == http.StatusMethodNotAllowed:
		fault.Class = Blocked
		return saysAny(got.words, "try again later"), fault
	case got.status == http.StatusInternalServerError && saysAny(got.words, "checking"):
		return true, fault
	case got.status == http.StatusConflict && saysAny(got.words, "push out of date"):
		fault.Class = Unavailable
		return true, fault
	case got.status == http.StatusConflict && saysAny(got.words, "head out of date"):
		return false, outdated(p.Number, "has moved from "+short(p.Head))
	case got.status == http.StatusConflict:
		fault.Class = Blocked
	case got.status == http.StatusNotFound:
		return false, outdated(p.Number, "was closed")
	}
	return false, fault
}
