package forge

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// cloudPull is a pull request (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/).
type cloudPull struct {
	ID     int    `json:"id"`
	State  string `json:"state"`
	Title  string `json:"title"`
	Body   string `json:"description"`
	Draft  bool   `json:"draft"`
	Moved  string `json:"updated_on"` // changes with each push, and with much else
	Author struct {
		Nickname string `json:"nickname"`
		Name     string `json:"display_name"`
	} `json:"author"`
	Source cloudEnd `json:"source"`
	Target cloudEnd `json:"destination"`
	Merge  *struct {
		Hash string `json:"hash"`
	} `json:"merge_commit"`
	Links struct {
		HTML struct {
			URL string `json:"href"`
		} `json:"html"`
	} `json:"links"`
}

// cloudEnd is one of the two ends of a pull request.
type cloudEnd struct {
	Branch struct {
		Name string `json:"name"`
	} `json:"branch"`
	Commit *struct {
		Hash string `json:"hash"` // its first 12 digits only
	} `json:"commit"`
	Repository *struct {
		Name string `json:"full_name"`
	} `json:"repository"` // nil: the fork is gone
}

// cloudPage is a page of any list there; the address of the next one is not to be built by oneself.
type cloudPage[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"`
}

// cloudList reads all pages of a list. Only the query of the next address is followed, never its host. Path holds a query.
func cloudList[T any](ctx context.Context, c *client, path string) ([]T, error) {
	var all []T
	next := path
	for range mostPages {
		var page cloudPage[T]
		if _, err := c.call(ctx, http.MethodGet, next, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Values...)
		if page.Next == "" {
			return all, nil
		}
		address, err := url.Parse(page.Next)
		if err != nil {
			return nil, notJSON(http.StatusOK)
		}
		where, _, _ := strings.Cut(path, "?")
		next = where + "?" + address.RawQuery
	}
	return nil, tooLong(path)
}

func (b *bitbucket) repo() string { return "/repositories/" + b.repository }

func (b *bitbucket) pullPath(number int) string {
	return fmt.Sprintf("%s/pullrequests/%d", b.repo(), number)
}

// pull reads a pull request, with the whole hashes.
func (b *bitbucket) pull(ctx context.Context, c cloudPull) (Pull, error) {
	p := Pull{
		Number: c.ID, State: PullClosed, Title: c.Title, Body: c.Body, Author: cmp.Or(c.Author.Nickname, c.Author.Name), Draft: c.Draft,
		URL: c.Links.HTML.URL, HeadBranch: c.Source.Branch.Name, Base: c.Target.Branch.Name,
		Fork: c.Source.Repository == nil || !strings.EqualFold(c.Source.Repository.Name, b.repository),
	}
	switch c.State {
	case "OPEN":
		p.State = PullOpen
	case "MERGED":
		p.State = PullMerged
	}
	if !p.Fork {
		p.HeadRef = "refs/heads/" + p.HeadBranch // there is no ref for a pull request
	}
	var err error
	if c.Source.Commit != nil {
		if p.Head, err = b.head(ctx, c); err != nil {
			return Pull{}, err
		}
	}
	if c.Merge != nil {
		p.Merged, err = b.whole(ctx, c.Merge.Hash)
	}
	return p, err
}

// OpenPulls lists pull requests.
func (b *bitbucket) OpenPulls(ctx context.Context, base string) ([]Pull, error) {
	filter := `state="OPEN"`
	if base != "" {
		filter += ` AND destination.branch.name=` + strconv.Quote(base)
	}
	return b.list(ctx, filter, base)
}

func (b *bitbucket) list(ctx context.Context, filter, base string) ([]Pull, error) {
	query := url.Values{"q": {filter}, "sort": {"created_on"}, "pagelen": {"50"}} // 50 is the most that is taken here
	all, err := cloudList[cloudPull](ctx, b.client, b.repo()+"/pullrequests?"+query.Encode())
	if err != nil {
		return nil, notThere(err, b.repository)
	}
	var pulls []Pull
	seen := map[int]bool{}
	for _, one := range all {
		if base != "" && one.Target.Branch.Name != base || seen[one.ID] {
			continue
		}
		p, err := b.pull(ctx, one)
		if err != nil {
			return nil, err
		}
		pulls = append(pulls, p)
		seen[one.ID] = true
	}
	return pulls, nil
}

// Pull reads one pull request.
func (b *bitbucket) Pull(ctx context.Context, number int) (Pull, error) {
	return b.ask(ctx, http.MethodGet, number, "", nil)
}

// ask sends a request about a pull request, which answers with it.
func (b *bitbucket) ask(ctx context.Context, method string, number int, more string, body any) (Pull, error) {
	var one cloudPull
	if _, err := b.call(ctx, method, b.pullPath(number)+more, body, &one); err != nil {
		return Pull{}, b.noPull(ctx, err, b.repo(), b.repository, number)
	}
	return b.pull(ctx, one)
}

// Open opens a pull request.
func (b *bitbucket) Open(ctx context.Context, p NewPull) (Pull, error) {
	filter := `state="OPEN" AND source.branch.name=` + strconv.Quote(p.Head) + ` AND destination.branch.name=` + strconv.Quote(p.Base)
	p = fitting(p)
	return openOnce(p, opening{
		list: func() ([]Pull, error) { return b.list(ctx, filter, p.Base) },
		update: func(old Pull) (Pull, error) {
			return b.ask(ctx, http.MethodPut, old.Number, "", map[string]string{"title": p.Title, "description": p.Body})
		},
		create: func() (Pull, error) {
			branch := func(name string) any { return map[string]any{"branch": map[string]string{"name": name}} }
			var one cloudPull
			_, err := b.call(ctx, http.MethodPost, b.repo()+"/pullrequests", map[string]any{
				"title": p.Title, "description": p.Body, "source": branch(p.Head), "destination": branch(p.Base),
			}, &one)
			if err != nil {
				return Pull{}, notThere(err, b.repository)
			}
			return b.pull(ctx, one)
		},
	})
}

// Close declines a pull request, as closing is called there.
func (b *bitbucket) Close(ctx context.Context, number int, comment string) error {
	return closeOnce(ctx, b, number, comment, func() error {
		_, err := b.ask(ctx, http.MethodPost, number, "/decline", nil)
		return err
	})
}
