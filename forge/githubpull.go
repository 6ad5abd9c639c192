package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// hubPull is a pull request as GitHub tells it, and as Gitea does after its model.
type hubPull struct {
	Number int     `json:"number"`
	State  string  `json:"state"`
	Title  string  `json:"title"`
	Body   string  `json:"body"`
	User   hubUser `json:"user"`
	Draft  bool    `json:"draft"`
	URL    string  `json:"html_url"`
	Head   hubEnd  `json:"head"`
	Base   hubEnd  `json:"base"`
	Merged any     `json:"merged_at"` // a list says it in no other way
	Commit string  `json:"merge_commit_sha"`
}

type hubUser struct {
	Login string `json:"login"`
}

// hubEnd is one of the two ends of a pull request.
type hubEnd struct {
	Ref  string `json:"ref"`
	SHA  string `json:"sha"`
	Repo *struct {
		Name string `json:"full_name"`
	} `json:"repo"` // nil: the fork is gone
}

// pull reads a pull request into a repository.
func (h hubPull) pull(repository string) Pull {
	p := Pull{
		Number: h.Number, State: PullOpen, Title: h.Title, Body: h.Body, Author: h.User.Login, Draft: h.Draft, URL: h.URL,
		Head: h.Head.SHA, HeadBranch: h.Head.Ref, HeadRef: fmt.Sprintf("refs/pull/%d/head", h.Number), Base: h.Base.Ref,
		Fork: h.Head.Repo == nil || !strings.EqualFold(h.Head.Repo.Name, repository),
	}
	if strings.HasPrefix(h.Head.Ref, "refs/") { // Gitea: the branch is gone, or there never was one, and anybody may have pushed it (AGit)
		p.HeadBranch, p.Fork = "", true
	}
	switch {
	case h.Merged != nil:
		p.State, p.Merged = PullMerged, h.Commit // of an open one, GitHub's merge_commit_sha is only a trial
	case h.State == "closed":
		p.State = PullClosed
	}
	return p
}

func (g *gitHub) repo() string { return "/repos/" + g.repository }

func (g *gitHub) pullPath(number int) string { return fmt.Sprintf("%s/pulls/%d", g.repo(), number) }

// OpenPulls lists pull requests (https://docs.github.com/rest/pulls/pulls#list-pull-requests).
func (g *gitHub) OpenPulls(ctx context.Context, base string) ([]Pull, error) {
	return g.list(ctx, into(url.Values{}, "base", base))
}

func (g *gitHub) list(ctx context.Context, filter url.Values) ([]Pull, error) {
	filter.Set("state", "open")
	filter.Set("sort", "created")
	filter.Set("direction", "asc") // a new one must not push another onto the next page
	filter.Set("per_page", "100")
	all, err := list[hubPull](ctx, g.client, g.repo()+"/pulls?"+filter.Encode())
	return hubPulls(all, g.repository, filter.Get("base")), notThere(err, g.repository)
}

// into narrows a filter to a branch; an empty one leaves it as it is.
func into(filter url.Values, name, base string) url.Values {
	if base != "" {
		filter.Set(name, base)
	}
	return filter
}

// hubPulls keeps those into a branch, all where that is empty: a forge that does not know the filter returns all.
func hubPulls(all []hubPull, repository, base string) []Pull {
	seen := map[int]bool{} // an item may move from page to page while they are read
	var pulls []Pull
	for _, one := range all {
		if (base == "" || one.Base.Ref == base) && !seen[one.Number] {
			pulls = append(pulls, one.pull(repository))
		}
		seen[one.Number] = true
	}
	return pulls
}

// Pull reads one pull request.
func (g *gitHub) Pull(ctx context.Context, number int) (Pull, error) {
	var one hubPull
	_, err := g.call(ctx, http.MethodGet, g.pullPath(number), nil, &one)
	return one.pull(g.repository), g.noPull(ctx, err, g.repo(), g.repository, number)
}

// Open opens a pull request (https://docs.github.com/rest/pulls/pulls#create-a-pull-request). A second one for the same branches is 422.
func (g *gitHub) Open(ctx context.Context, p NewPull) (Pull, error) {
	owner, _, _ := strings.Cut(g.repository, "/")
	open := func() ([]Pull, error) {
		return g.list(ctx, url.Values{"base": {p.Base}, "head": {owner + ":" + p.Head}})
	}
	said := map[string]string{"title": p.Title, "body": p.Body}
	p = fitting(p)
	return openOnce(p, opening{
		list:   open,
		update: func(old Pull) (Pull, error) { return g.say(ctx, old.Number, said) },
		create: func() (Pull, error) {
			var one hubPull
			_, err := g.call(ctx, http.MethodPost, g.repo()+"/pulls", map[string]string{
				"title": p.Title, "body": p.Body, "head": p.Head, "base": p.Base,
			}, &one)
			return one.pull(g.repository), notThere(err, g.repository)
		},
	})
}

// say changes what a pull request says.
func (g *gitHub) say(ctx context.Context, number int, what map[string]string) (Pull, error) {
	var one hubPull
	_, err := g.call(ctx, http.MethodPatch, g.pullPath(number), what, &one)
	return one.pull(g.repository), g.noPull(ctx, err, g.repo(), g.repository, number)
}

// Close closes a pull request.
func (g *gitHub) Close(ctx context.Context, number int, comment string) error {
	return closeOnce(ctx, g, number, comment, func() error {
		_, err := g.say(ctx, number, map[string]string{"state": "closed"})
		return err
	})
}

// Merge merges a pull request (https://docs.github.com/rest/pulls/pulls#merge-a-pull-request).
func (g *gitHub) Merge(ctx context.Context, number int, head string, m Message) (string, error) {
	return mergeAt(ctx, g, number, head, m)
}

// merge asks once. 409 is a head that has moved; 405 is all else that is in the way, passing or not.
func (g *gitHub) merge(ctx context.Context, p Pull, m Message) (bool, error) {
	body := map[string]string{"sha": p.Head, "merge_method": "merge"}
	if m.Title != "" {
		body["commit_title"], body["commit_message"] = m.Title, m.Body
	}
	got, err := g.call(ctx, http.MethodPut, g.pullPath(p.Number)+"/merge", body, nil)
	fault, refused := asError(err)
	if !refused {
		return false, nil
	}
	switch got.status {
	case http.StatusConflict:
		fault.Class = Outdated
	case http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		fault.Class = Blocked
		switch {
		case saysAny(got.words, "base branch was modified"):
			return true, fault
		case saysAny(got.words, "not allowed"):
			fault.Hint = "allow merge commits in the settings of the repository"
			return false, fault
		}
		return g.undecided(ctx, p.Number), fault
	}
	return false, g.noPull(ctx, fault, g.repo(), g.repository, p.Number)
}

// passingStates are GitHub's words for what is in no merge's way, or is not known yet
// (https://docs.github.com/graphql/reference/enums#mergestatestatus).
var passingStates = map[string]bool{"unknown": true, "clean": true, "unstable": true, "has_hooks": true}

// undecided reports whether a merge that was refused may be taken in a moment: GitHub is still computing, or has just ended.
func (g *gitHub) undecided(ctx context.Context, number int) bool {
	var now struct {
		State string `json:"mergeable_state"`
	}
	_, err := g.call(ctx, http.MethodGet, g.pullPath(number), nil, &now)
	return err == nil && passingStates[now.State]
}
