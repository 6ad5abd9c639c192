package forge

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mostPages bounds how many pages of one list are read. A list that is longer is an error, never a part.
const mostPages = 200

// nextLink finds the next page in a Link header (https://www.rfc-editor.org/rfc/rfc8288), as GitHub, GitLab and Gitea send it.
var nextLink = regexp.MustCompile(`<[^>]*>[^,]*;\s*rel="?next"?`)

// tooMuch is what is wrong with an answer that is longer than is read.
const tooMuch = "the answer is longer than 32 MiB"

// pageSize finds in a query how many items a page has.
var pageSize = regexp.MustCompile(`\b(per_page|limit)=\d+`)

// pages reads a list that a Link header continues. Pages that are too long to be read, because somebody has written very long texts, are read
// again with few items each. Path holds a query.
func pages[Page any](ctx context.Context, c *client, path string) ([]Page, error) {
	all, err := pagesOf[Page](ctx, c, path)
	if fault, ok := asError(err); ok && fault.What == tooMuch {
		return pagesOf[Page](ctx, c, pageSize.ReplaceAllString(path, "$1=5"))
	}
	return all, err
}

// pagesOf reads a list page by page. The address in the Link header is not followed: it is built from what the forge believes to be its own name.
func pagesOf[Page any](ctx context.Context, c *client, path string) ([]Page, error) {
	var all []Page
	for number := 1; number <= mostPages; number++ {
		var page Page
		got, err := c.call(ctx, http.MethodGet, path+"&page="+strconv.Itoa(number), nil, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page)
		if !nextLink.MatchString(strings.Join(got.header.Values("Link"), ",")) {
			return all, nil
		}
	}
	return nil, tooLong(path)
}

// list reads a list of which each page is an array.
func list[T any](ctx context.Context, c *client, path string) ([]T, error) {
	all, err := pages[[]T](ctx, c, path)
	return slices.Concat(all...), err
}

// tooLong is the error of a list that does not end.
func tooLong(path string) error {
	path, _, _ = strings.Cut(path, "?")
	return &Error{Class: Final, What: path + " has more than " + strconv.Itoa(mostPages) + " pages"}
}
