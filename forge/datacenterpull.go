package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// serverPull is a pull request (https://developer.atlassian.com/server/bitbucket/rest/, Pull Requests).
type serverPull struct {
	ID      int    `json:"id"`
	Version int    `json:"version"` // each change must name the one that it is made for
	State   string `json:"state"`
	Title   string `json:"title"`
	Body    string `json:"description"`
	Draft   bool   `json:"draft"`
	Author  struct {
		User serverUser `json:"user"`
	} `json:"author"`
	From      serverEnd         `json:"fromRef"`
	To        serverEnd         `json:"toRef"`
	Reviewers []json.RawMessage `json:"reviewers"`
	Links     struct {
		Self []struct {
			URL string `json:"href"`
		} `json:"self"`
	} `json:"links"`
	Properties struct {
		Merge struct {
			ID string `json:"id"`
		} `json:"mergeCommit"`
	} `json:"properties"`
}

type serverUser struct {
	Name string `json:"name"`
}

// serverEnd is one of the two ends of a pull request.
type serverEnd struct {
	Ref        string `json:"id"` // refs/heads/main
	Name       string `json:"displayId"`
	Head       string `json:"latestCommit"`
	Repository struct {
		ID int64 `json:"id"`
	} `json:"repository"`
}

func (s serverPull) pull() Pull {
	p := Pull{
		Number: s.ID, State: PullClosed, Title: s.Title, Body: s.Body, Author: s.Author.User.Name, Draft: s.Draft,
		Head: s.From.Head, HeadBranch: s.From.Name, Base: s.To.Name, Merged: s.Properties.Merge.ID,
		Fork: s.From.Repository.ID == 0 || s.From.Repository.ID != s.To.Repository.ID,
	}
	switch s.State {
	case "OPEN":
		p.State = PullOpen
	case "MERGED":
		p.State = PullMerged
	}
	p.HeadRef = s.From.Ref
	if p.Fork { // a ref that may lag behind the branch, and the only one that is in this repository
		p.HeadRef = fmt.Sprintf("refs/pull-requests/%d/from", s.ID)
	}
	if len(s.Links.Self) > 0 {
		p.URL = s.Links.Self[0].URL
	}
	return p
}

// serverList reads all pages of a list, which tells where the next one begins.
func serverList[T any](ctx context.Context, c *client, path string, query url.Values) ([]T, error) {
	var all []T
	start := 0
	for range mostPages {
		var page struct {
			Values []T  `json:"values"`
			Last   bool `json:"isLastPage"`
			Next   *int `json:"nextPageStart"`
		}
		if _, err := c.call(ctx, http.MethodGet, path+"?limit=100&start="+strconv.Itoa(start)+"&"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Values...)
		if page.Last || page.Next == nil {
			return all, nil
		}
		start = *page.Next
	}
	return nil, tooLong(path)
}

func (d *dataCenter) pullPath(number int) string {
	return fmt.Sprintf("%s/pull-requests/%d", d.repository, number)
}

// OpenPulls lists pull requests.
func (d *dataCenter) OpenPulls(ctx context.Context, base string) ([]Pull, error) {
	query := url.Values{"state": {"OPEN"}, "direction": {"INCOMING"}, "order": {"OLDEST"}}
	if base != "" {
		query.Set("at", "refs/heads/"+base)
	}
	all, err := serverList[serverPull](ctx, d.client, d.repository+"/pull-requests", query)
	var pulls []Pull
	seen := map[int]bool{}
	for _, one := range all {
		if (base == "" || one.To.Name == base) && !seen[one.ID] {
			pulls = append(pulls, one.pull())
		}
		seen[one.ID] = true
	}
	return pulls, notThere(err, d.name)
}

// Pull reads one pull request.
func (d *dataCenter) Pull(ctx context.Context, number int) (Pull, error) {
	one, err := d.read(ctx, number)
	return one.pull(), err
}

func (d *dataCenter) read(ctx context.Context, number int) (serverPull, error) {
	var one serverPull
	_, err := d.call(ctx, http.MethodGet, d.pullPath(number), nil, &one)
	return one, d.noPull(ctx, err, d.repository, d.name, number)
}

// Open opens a pull request. A second one for the same branches is 409.
func (d *dataCenter) Open(ctx context.Context, p NewPull) (Pull, error) {
	p = fitting(p)
	return openOnce(p, opening{
		list:   func() ([]Pull, error) { return d.OpenPulls(ctx, p.Base) },
		update: func(old Pull) (Pull, error) { return d.say(ctx, old.Number, p) },
		create: func() (Pull, error) {
			ref := func(branch string) any { return map[string]string{"id": "refs/heads/" + branch} }
			var one serverPull
			got, err := d.call(ctx, http.MethodPost, d.repository+"/pull-requests", map[string]any{
				"title": p.Title, "description": p.Body, "fromRef": ref(p.Head), "toRef": ref(p.Base),
			}, &one)
			if got.status == http.StatusNotFound && !slices.Contains(exceptions(got.body), "NoSuchRepositoryException") {
				return Pull{}, err // the branch
			}
			return one.pull(), notThere(err, d.name)
		},
	})
}

// say changes what a pull request says. Reviewers that are not sent along would be taken away.
func (d *dataCenter) say(ctx context.Context, number int, p NewPull) (Pull, error) {
	old, err := d.read(ctx, number)
	if err != nil {
		return Pull{}, err
	}
	var one serverPull
	_, err = d.call(ctx, http.MethodPut, d.pullPath(number), map[string]any{
		"version": old.Version, "title": p.Title, "description": p.Body, "reviewers": slices.Concat([]json.RawMessage{}, old.Reviewers),
	}, &one)
	return one.pull(), moved(err, number)
}

// moved makes of a 409 that the pull request has changed meanwhile.
func moved(err error, number int) error {
	if fault, ok := asError(err); ok && fault.Status == http.StatusConflict {
		return outdated(number, "has changed meanwhile: "+fault.What)
	}
	return err
}

// Close declines a pull request, as closing is called there.
func (d *dataCenter) Close(ctx context.Context, number int, comment string) error {
	return closeOnce(ctx, d, number, comment, func() error {
		now, err := d.read(ctx, number)
		if err != nil {
			return err
		}
		_, err = d.call(ctx, http.MethodPost, d.pullPath(number)+"/decline?version="+strconv.Itoa(now.Version), map[string]any{}, nil)
		return moved(err, number)
	})
}

// exceptions returns the names of what has gone wrong; the words beside them depend on the language of the user.
func exceptions(body []byte) []string {
	var told struct {
		Errors []struct {
			Exception string `json:"exceptionName"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &told) != nil {
		return nil
	}
	var names []string
	for _, one := range told.Errors {
		names = append(names, one.Exception[strings.LastIndex(one.Exception, ".")+1:])
	}
	return names
}
