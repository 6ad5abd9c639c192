package forge

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

// mostHops bounds how often one request is sent on.
const mostHops = 3

// Movable is a forge that knows when the repository was found under another name than the one that was given. Every type is one.
type Movable interface {
	// MovedTo returns what the repository is called by now; empty: it was not found to have moved. It is safe for concurrent use.
	MovedTo() string
}

// moves remembers what the repository is called by now. The copies of a client share it.
type moves struct{ name atomic.Pointer[string] }

// MovedTo returns what the repository is called by now; empty: it was not found to have moved.
func (c *client) MovedTo() string {
	if name := c.moves.name.Load(); name != nil {
		return *name
	}
	return ""
}

// onward returns where a request is to be sent instead, as it is; nil: nowhere. GitHub and Gitea answer so where a repository was renamed
// (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects). Only the same host is followed, by
// the same scheme: to another one the token would go where nobody has sent it.
func onward(response *http.Response) *url.URL {
	redirects := []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}
	if !slices.Contains(redirects, response.StatusCode) {
		return nil
	}
	from := response.Request.URL
	target, err := response.Location()
	if err != nil || target.Scheme != from.Scheme || target.Host != from.Host || !isAPI(target.Path) {
		return nil
	}
	return target
}

// isAPI tells an address of an API from a page to log in at.
func isAPI(path string) bool {
	return strings.Contains(path, "/repos/") || strings.Contains(path, "/repositories/") || strings.Contains(path, "/projects/")
}

var (
	namedRepository    = regexp.MustCompile(`/repos/([^/]+/[^/]+)(?:/|$)`)
	numberedRepository = regexp.MustCompile(`^(.*/repositories/\d+)(?:/|$)`)
)

// noteMove finds out what the repository is called by now; where that takes another request, once.
func (c *client) noteMove(ctx context.Context, target *url.URL) {
	name := target.Host + target.Path
	if named := namedRepository.FindStringSubmatch(target.Path); named != nil {
		name = named[1]
	} else if c.MovedTo() != "" {
		return
	} else if numbered := numberedRepository.FindStringSubmatch(target.Path); numbered != nil { // GitHub's way
		var found struct {
			Name string `json:"full_name"`
		}
		at := *target
		at.Path, at.RawPath, at.RawQuery = numbered[1], "", ""
		if _, _, err := c.send(ctx, http.MethodGet, at.String(), nil, &found); err == nil && found.Name != "" {
			name = found.Name
		}
	}
	name = cut(oneLine(name), mostWords)
	c.moves.name.Store(&name)
}
